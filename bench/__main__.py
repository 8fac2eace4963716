"""`python -m bench NAME`: measured figures, of each file here that `app` names."""

import typer

from bench import (
    accuracy,
    adders,
    cores,
    estimates,
    front,
    path,
    plans,
    styles,
    throughput,
    training,
)

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def every(context: typer.Context) -> None:
    """Run the bench that is named, or all that need not be told of what."""
    if context.invoked_subcommand is None:
        accuracy.main()
        path.main()
        adders.main()
        training.main()


app.command("accuracy")(accuracy.main)
app.command("path")(path.main)
app.command("adders")(adders.main)
app.command("training")(training.main)
app.command("cores")(cores.main)
app.command("styles")(styles.main)
app.command("plans")(plans.main)
app.command("throughput")(throughput.main)
app.command("front")(front.main)
app.add_typer(estimates.app, name="estimates", help="Estimates beside place and route.")

if __name__ == "__main__":
    app(prog_name="python -m bench")
