"""`python -m bench [accuracy|path|adders|training|cores]`: measured figures, as they come."""

import typer

from bench import accuracy, adders, cores, path, training

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def every(context: typer.Context) -> None:
    """Run the bench that is named, or all of them but `cores`, which is told of what."""
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

if __name__ == "__main__":
    app(prog_name="python -m bench")
