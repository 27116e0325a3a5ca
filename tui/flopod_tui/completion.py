"""Shell completion: a script for bash, zsh or fish, made from the commands and their options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flopod_tui.arguments import Args, Commands
from flopod_tui.exits import OK
from flopod_tui.printing import put

SHELLS = ("bash", "zsh", "fish")
WITH_RUN = ("show", "tail", "deliver", "retry", "cancel", "fork")
WITH_WORKFLOW = ("run", "start")
RUNS = "flopod runs 2>/dev/null | awk 'NR > 1 {print $1}'"
WORKFLOWS = "flopod workflows 2>/dev/null | awk 'NR > 1 {print $1}'"


def add(commands: Commands) -> None:
    """Add this command."""
    made = commands.add(
        "completion",
        lambda args: completion(args, commands.options()),
        "Print a script that completes commands, options, runs and workflows in a shell.",
        examples="""eval "$(flopod completion bash)"
        flopod completion fish > ~/.config/fish/completions/flopod.fish""",
    )
    made.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))


def completion(args: Args, options: Mapping[str, Sequence[str]]) -> int:
    """Print the script."""
    put(_fish(options) if args.shell == "fish" else _bash(options, zsh=args.shell == "zsh"))
    return OK


def _bash(options: Mapping[str, Sequence[str]], *, zsh: bool) -> str:
    cases = [f'    {name}) words="{" ".join(flags)}" ;;' for name, flags in options.items()]
    head = ["autoload -Uz bashcompinit && bashcompinit"] if zsh else []
    return "\n".join(
        [
            *head,
            "_flopod() {",
            "  local command=${COMP_WORDS[1]} current=${COMP_WORDS[COMP_CWORD]} words=",
            "  case $command in",
            *cases,
            "  esac",
            f'  if [ "$COMP_CWORD" -eq 1 ]; then words="{" ".join(options)}"',
            '  elif [ "$COMP_CWORD" -eq 2 ] && [ "${current#-}" = "$current" ]; then',
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


def _fish(options: Mapping[str, Sequence[str]]) -> str:
    lines = [f"complete -c flopod -f -n __fish_use_subcommand -a '{' '.join(options)}'"]
    for name, flags in options.items():
        seen = f"complete -c flopod -n '__fish_seen_subcommand_from {name}'"
        lines += [f"{seen} -l {flag[2:]}" for flag in flags if flag.startswith("--")]
        if name in WITH_RUN:
            lines.append(f'{seen} -f -a "({RUNS.replace("$1", chr(92) + "$1")})"')
        if name in WITH_WORKFLOW:
            lines.append(f'{seen} -f -a "({WORKFLOWS.replace("$1", chr(92) + "$1")})"')
    return "\n".join(lines)
