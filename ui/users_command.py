"""`millwright users`: who may sign in, as what, and the tokens of their programs."""

import getpass
import sys
from typing import Annotated

import typer

from agent.accounts import Accounts
from models.storage import Storage
from settings import Settings

users = typer.Typer(help="Who may sign in, as what, and the tokens of their programs.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The account's name.")]
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@users.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="viewer, technician or engineer.")],
    password_stdin: Stdin = False,
    proxied: Annotated[bool, typer.Option("--proxied", help="Signed in by the reverse proxy: no password.")] = False,
) -> None:
    """Add an account."""
    account = _accounts().add(name, role, None if proxied else _password(password_stdin))
    way = "comes in through the proxy" if proxied else "can sign in"
    print(f"{account.name} {way}, as {account.role}.")


@users.command("list")
def list_() -> None:
    """Show the accounts and the labels of their tokens."""
    for account in _accounts().all().values():
        labels = ", ".join(token.label for token in account.tokens)
        print(f"{account.name}  {account.role}" + (f"  tokens: {labels}" if labels else ""))


@users.command()
def remove(name: Name) -> None:
    """Remove an account; it is out at its next request, its tokens too."""
    _accounts().remove(name)
    print(f"{name} is removed.")


@users.command()
def password(name: Name, password_stdin: Stdin = False) -> None:
    """Give an account another password; whoever is signed in by the old one is signed out."""
    _accounts().set_password(name, _password(password_stdin))
    print(f"{name} has a new password.")


@users.command()
def role(name: Name, role: Annotated[str, typer.Argument(help="viewer, technician or engineer.")]) -> None:
    """Give an account another role."""
    _accounts().set_role(name, role)
    print(f"{name} is {role} now.")


@users.command()
def token(
    name: Name,
    label: Annotated[str, typer.Option(help="What the token is for.")] = "default",
    revoke: Annotated[bool, typer.Option("--revoke", help="Withdraw it instead.")] = False,
) -> None:
    """Make a token for a program of this account. It is shown this once."""
    if revoke:
        _accounts().revoke_token(name, label)
        print(f"The token {label} of {name} is withdrawn.")
        return
    made = _accounts().new_token(name, label)
    print("Keep this token; it is not shown again.", file=sys.stderr)
    print(made)


def _accounts() -> Accounts:
    storage = Storage(Settings().home)
    storage.require_writable()
    return Accounts(storage)


def _password(from_stdin: bool) -> str:
    """From a prompt, twice, or a line of standard input; never an argument, which other users could see."""
    if from_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != first:
        print("The two differ; nothing was changed.", file=sys.stderr)
        raise typer.Exit(1)
    return first
