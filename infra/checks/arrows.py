"""Refuses an arrow between crates that the layout does not have.

    python3 infra/checks/arrows.py
"""

import sys

import workspace

PURE = {"asl", "expression", "contract", "compiler", "interpreter"}

# Which of our crates each may name, by folder. `cli` may name all.
MAY_NAME = {
    "asl": set(),
    "expression": set(),
    "contract": set(),
    "compiler": {"asl", "expression", "contract"},
    "store": {"contract"},
    "functions": {"store", "expression", "contract"},
    "api": {"asl", "compiler", "contract", "functions", "store"},
    "interpreter": {"asl"},
    "local": {"asl", "interpreter"},
}
MAY_NAME["cli"] = set(MAY_NAME)


def folder(name: str) -> str:
    """The folder of one of our crates: `pawl-store` lives in `store`, `pawl` in `cli`."""
    return "cli" if name == "pawl" else name.removeprefix("pawl-")


def does_io(name: str) -> bool:
    """Whether a library of others brings a runtime or a network into what is to be pure."""
    return name == "tokio" or name.startswith("aws-")


def main() -> int:
    cargo = workspace.read()
    faults = []
    drawn = 0
    for member in cargo.members:
        crate = folder(cargo.name(member))
        if crate not in MAY_NAME:
            faults.append(f"crate `{crate}` is not in the table of arrows: add its row to infra/checks/arrows.py")
            continue
        named = {folder(cargo.name(target)) for target in cargo.arrows[member] if target in cargo.members}
        drawn += len(named)
        faults += [f"`{crate}` must not depend on `{target}`" for target in sorted(named - MAY_NAME[crate])]
        if crate in PURE:
            led_by = cargo.reach(member)
            faults += [
                f"`{crate}` is pure and must not reach `{cargo.name(target)}` (through `{cargo.name(source)}`)"
                for target, source in led_by.items()
                if does_io(cargo.name(target))
            ]
    for fault in faults:
        print(f"error: {fault}", file=sys.stderr)
    if not faults:
        print(f"arrows: {len(cargo.members)} crates, {drawn} arrows between them, all in the layout")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
