"""Small random rotations, scalings, shifts and reflections of images."""

import math

import torch
from torch import Tensor


def distorted(
    images: Tensor,
    *,
    degrees: float,
    pixels: float,
    zoom: float,
    generator: torch.Generator,
) -> Tensor:
    """Each image rotated, zoomed and shifted by its own random amount; black comes in at the edges.

    Parameters
    ----------
    images : float, (samples, channels, height, width)
    degrees, pixels, zoom : float
        Standard deviations of the rotation, of the shift along each axis, and of the logarithm of
        the scale.
    generator : torch.Generator
        On the CPU.

    Returns
    -------
    float, (samples, channels, height, width)
        Interpolated bilinearly, so inside the range of `images` and 0.
    """
    count, _, height, width = images.shape
    random = torch.randn(4, count, generator=generator).to(images)
    angle, scale = random[0] * math.radians(degrees), torch.exp(random[1] * zoom)
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    # Coordinates of affine_grid run from -1 to 1 over the image.
    across, down = random[2] * pixels * 2 / width, random[3] * pixels * 2 / height
    rows = torch.stack([cosine, -sine, across, sine, cosine, down], dim=1)
    grid = torch.nn.functional.affine_grid(
        rows.view(count, 2, 3), list(images.shape), align_corners=False
    )
    return torch.nn.functional.grid_sample(images, grid, align_corners=False)


def cropped(images: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Each image shifted by its own random whole number of pixels; black comes in at the edges.

    Parameters
    ----------
    images : (samples, channels, height, width)
    most : int
        Pixels along each axis.
    generator : torch.Generator
        On the CPU.
    """
    count, channels, height, width = images.shape
    padded = torch.nn.functional.pad(images, (most,) * 4)
    first = torch.randint(2 * most + 1, (2, count), generator=generator).to(images.device)
    rows = first[0, :, None] + torch.arange(height, device=images.device)
    columns = first[1, :, None] + torch.arange(width, device=images.device)
    sample = torch.arange(count, device=images.device)
    channel = torch.arange(channels, device=images.device)
    return padded[
        sample[:, None, None, None],
        channel[None, :, None, None],
        rows[:, None, :, None],
        columns[:, None, None, :],
    ]


def mirrored(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """A random share of the images with left and right exchanged.

    Parameters
    ----------
    images : (samples, channels, height, width)
    share : float
    generator : torch.Generator
        On the CPU.
    """
    chosen = torch.rand(len(images), generator=generator).to(images.device) < share
    return torch.where(chosen[:, None, None, None], images.flip(3), images)
