"""What a script that failed lacks, told from the end of its output."""

from __future__ import annotations

import re

from ..text.cleaning import short
from ..trial_folder.exit_status import shows_out_of_memory

_TROUBLES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.MULTILINE), remedy)
    for pattern, remedy in (
        (
            r"raise EOFError",  # By getpass, whose source a traceback shows.
            "it asks for a password, and a trial has no keyboard. Let it read the password from a variable of the "
            "environment",
        ),
        (
            r"EOFError: EOF when reading a line|inappropriate ioctl for device",
            "it asks for input, and a trial has no keyboard. Let it take the answers as arguments, which can then be "
            "tuned, or read them from a file",
        ),
        (
            r"no NVIDIA driver|No CUDA GPUs are available|Torch not compiled with CUDA|CUDA error|libcuda\.so|"
            r"CUDA driver version|cudaErrorNoDevice|No supported GPU|CUDA is not available|"
            r"(?:requires?|needs?) (?:an? |at least one )?(?:GPU|CUDA)|deserialize object on a CUDA device|"
            r"no free GPU|no (?:GPU|CUDA device)s? (?:was |were |is |are )?(?:found|available)",
            "it needs a GPU that it cannot use here. Run it on a machine with one, or with the argument by which it "
            "takes the CPU",
        ),
        (
            r"(?:ModuleNotFoundError|ImportError): No module named '?(?P<what>[\w.]+)|"
            r"there is no package called .(?P<package>[\w.]+)",
            "the package {what} is not installed in the Python that runs it. Install it there, or name that Python in "
            "the command",
        ),
        (
            r"Temporary failure in name resolution|Name or service not known|Max retries exceeded|"
            r"Network is unreachable|URLError|Couldn't reach|OfflineModeIsEnabled|LocalEntryNotFoundError|"
            r"Failed to establish a new connection",
            "it needs the network, which it cannot reach. Download what it needs beforehand",
        ),
        (
            r"^.*(?:FileNotFoundError|NotADirectoryError|No such file or directory|Dataset not found|can't open file)"
            r".*$",
            "it looks for {what}, which is not there. Put the data there, or correct the path in the command",
        ),
        (
            r"error: (?P<what>the following arguments are required: [^\n]+|unrecognized arguments: [^\n]+|"
            r"argument [^\n]+|[^\n]*required[^\n]*)",
            "it refuses its arguments ({what}). Correct the command",
        ),
        (
            r"PermissionError|Permission denied",
            "it may not write or read a file. Change the file's permissions, or send its output elsewhere",
        ),
        (r"No space left on device|Disk quota exceeded", "the disk is full. Free some space"),
    )
)
_QUOTED = re.compile(r"""['"]([^'"\n]{1,200})['"]""")


def trouble_of(output: str) -> str:
    r"""Return what a script that failed lacks, with the remedy; empty if its output does not tell.

    Args:
        output: The end of its output.

    >>> trouble_of("Traceback ...\nFileNotFoundError: [Errno 2] No such file or directory: 'data/x.csv'")
    'it looks for data/x.csv, which is not there. Put the data there, or correct the path in the command.'
    >>> trouble_of("ValueError: bad shape")
    ''
    >>> trouble_of("12:01 no free GPU, waiting ...").partition(".")[0]
    'it needs a GPU that it cannot use here'
    """
    if shows_out_of_memory(output.encode(errors="replace")):
        return "it ran out of memory. Make its batches or its model smaller, or run it on a larger machine."
    found: tuple[int, str] | None = None
    for pattern, remedy in _TROUBLES:
        for match in pattern.finditer(output):
            # The last complaint counts: what comes before may be a warning.
            if found is None or match.start() > found[0]:
                named = next((text for text in match.groupdict().values() if text), None)
                what = named or next(reversed(_QUOTED.findall(match[0])), "a file")
                found = match.start(), f"{remedy.format(what=short(what, 200))}."
    return "" if found is None else found[1]
