"""The command `iris`. One module for each group of commands; this one puts them together."""

import click

from app import __version__
from app.cli.demo import demo
from app.cli.duplicates import duplicates
from app.cli.environments import env, key
from app.cli.importing import import_
from app.cli.indexing import index
from app.cli.models import model
from app.cli.reporters import reporter
from app.cli.reports import report
from app.cli.searching import explain, search, similar
from app.cli.serving import migrate, serve, worker
from app.cli.tokens import token


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="iris")
def main() -> None:
    """Iris: visual search for a media library. Finds images by what they show.

    Without DATABASE_URL every command uses an embedded PostgreSQL in --data-dir, started when the
    first command needs it and stopped with the last one.
    """


_COMMANDS = (
    *(demo, serve, worker, import_, search, similar, explain, duplicates),
    *(env, key, token, report, reporter, index, model, migrate),
)

for command in _COMMANDS:
    main.add_command(command)
