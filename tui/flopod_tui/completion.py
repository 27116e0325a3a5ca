"""Shell completion: a script for bash, zsh or fish, made from the commands and their options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flopod_tui.arguments import Args, Commands
from flopod_tui.exits import OK
from flopod_tui.output.printing import put

SHELLS = ("bash", "zsh", "fish")
WITH_RUN = ("tui", "show", "tail", "deliver", "retry", "cancel", "fork")
WITH_WORKFLOW = ("run", "start")
RUNS = "flopod runs 2>/dev/null | awk 'NR > 1 {print $1}'"
WORKFLOWS = "flopod workflows 2>/dev/null | awk 'NR > 1 {print $1}'"


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to complete."""

    options: Mapping[str, Sequence[str]]
    """Those of each command."""
    values: Mapping[str, Sequence[str]]
    """The words that an option takes, for those that take one of a few."""


def add(commands: Commands) -> None:
    """Add this command."""
    made = commands.add(
        "completion",
        lambda args: completion(args, Known(commands.options(), commands.choices())),
        "Print a script that completes commands, options, runs and workflows in a shell.",
        examples="""eval "$(flopod completion bash)"
        flopod completion fish > ~/.config/fish/completions/flopod.fish""",
    )
    made.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))


def completion(args: Args, known: Known) -> int:
    """Print the script."""
    put(_fish(known) if args.shell == "fish" else _bash(known, zsh=args.shell == "zsh"))
    return OK


def _bash(known: Known, *, zsh: bool) -> str:
    head = ["autoload -Uz bashcompinit && bashcompinit"] if zsh else []
    values = [f'    {one}) words="{" ".join(words)}" ;;' for one, words in known.values.items()]
    cases = [f'    {name}) words="{" ".join(flags)}" ;;' for name, flags in known.options.items()]
    return "\n".join(
        [
            *head,
            "_flopod() {",
            "  local command=${COMP_WORDS[1]} current=${COMP_WORDS[COMP_CWORD]} words=",
            "  local before=${COMP_WORDS[COMP_CWORD-1]}",
            "  case $command in -*) command=tui ;; esac",
            "  case $before in",
            *values,
            "  *) case $command in",
            *cases,
            "    esac ;;",
            "  esac",
            '  if [ "$COMP_CWORD" -eq 1 ] && [ "${current#-}" = "$current" ]; then',
            f'    words="{" ".join(known.options)}"',
            '  elif [ "$COMP_CWORD" -eq 2 ] && [ "${current#-}" = "$current" ] \\',
            '    && [ "${before#-}" = "$before" ]; then',
            "    case $command in",
            f"    {'|'.join(WITH_RUN)}) words=$({RUNS}) ;;",
            f"    {'|'.join(WITH_WORKFLOW)}) words=$({WORKFLOWS}) ;;",
            "    esac",
            "  fi",
            '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
            "}",
            "complete -o default -F _flopod flopod flopod-run",
        ]
    )


def _fish(known: Known) -> str:
    alone = "complete -c flopod -n __fish_use_subcommand"
    lines = [f"{alone} -f -a '{' '.join(known.options)}'"]
    lines += _fish_flags(alone, known.options["tui"], known)
    for name, flags in known.options.items():
        seen = f"complete -c flopod -n '__fish_seen_subcommand_from {name}'"
        lines += _fish_flags(seen, flags, known)
        if name in WITH_RUN:
            lines.append(f'{seen} -f -a "({RUNS.replace("$1", chr(92) + "$1")})"')
        if name in WITH_WORKFLOW:
            lines.append(f'{seen} -f -a "({WORKFLOWS.replace("$1", chr(92) + "$1")})"')
    return "\n".join(lines)


def _fish_flags(start: str, flags: Sequence[str], known: Known) -> Iterator[str]:
    for flag in flags:
        if flag.startswith("--"):
            words = known.values.get(flag)
            yield f"{start} -l {flag[2:]}" + (f" -x -a '{' '.join(words)}'" if words else "")
