"""Rolecall itself: where it comes from, and how it is run."""

import hashlib
import os
import platform
import secrets
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import urllib.request
from pathlib import Path

from runner import Failure, output, plain, setting, variable

# What the runner hands to steps for themselves. Rolecall needs none of it, and a configuration can name variables.
OF_THE_RUNNER = ("INPUT_", "ACTIONS_", "GITHUB_TOKEN", "GH_TOKEN", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT", "GITHUB_STATE")
OF_AWS = ("AWS_",)
SOURCE = Path(__file__).resolve().parents[2]
# The end of what Rolecall said, for a comment; the whole is in the log.
TOLD = 20_000


def environment(*without):
    """The variables that a program gets."""
    return {name: value for name, value in os.environ.items() if not name.startswith(OF_THE_RUNNER + without)}


def cached():
    """Where the program is kept that this action installs."""
    return Path(variable("RUNNER_TOOL_CACHE")) / "rolecall-action"


def find():
    """Tells the steps that follow where the program is, and whether it is to be built."""
    given = setting("PROGRAM")
    if given:
        found = shutil.which(given)
        if not found:
            raise Failure(f"the input program names `{given}`, which is not there or cannot be run")
        output(program=Path(found).resolve(), build="false", directory="", digest="")
    elif setting("RELEASE"):
        output(program=download(setting("RELEASE"), setting("RELEASE_SHA256")), build="false", directory="", digest="")
    else:
        directory = cached()
        output(program=directory / "bin" / "rolecall", build="true", directory=directory, digest=digest_of_source())


def digest_of_source():
    """A digest of everything that the program is built from."""
    files = [SOURCE / "Cargo.toml", SOURCE / "Cargo.lock"]
    files += sorted(path for path in (SOURCE / "crates").rglob("*") if path.is_file())
    digest = hashlib.sha256(f"{platform.system()} {platform.machine()}".encode())
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(SOURCE).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def build():
    """Builds the program from the action's own source."""
    # In the source's directory: a configuration of cargo in the repository that uses the action must not count.
    command = ["cargo", "install", "--locked", "--quiet", "--path", "crates/cli", "--root", str(cached())]
    if subprocess.run(command, cwd=SOURCE, env=environment(*OF_AWS), check=False).returncode != 0:
        raise Failure("Rolecall could not be built; give the input release or program instead, or install Rust before")


def download(release, expected):
    """Fetches a program from a release, and holds it to a digest."""
    target = f"{platform.machine().lower().replace('amd64', 'x86_64').replace('arm64', 'aarch64')}-{_system()}"
    name = f"rolecall-{target}.tar.gz"
    place = f"{variable('GITHUB_SERVER_URL')}/{setting('RELEASES')}/releases/download/{release}"
    archive = _fetch(f"{place}/{name}")
    if not expected:
        sums = dict(reversed(line.split(maxsplit=1)) for line in _fetch(f"{place}/SHA256SUMS").decode().splitlines())
        expected = sums.get(name) or sums.get(f"*{name}")
    found = hashlib.sha256(archive).hexdigest()
    if found != expected:
        raise Failure(f"{name} of {release} has the SHA-256 {found}, and {expected} was expected")
    directory = cached() / release.replace("/", "_")
    directory.mkdir(parents=True, exist_ok=True)
    program = directory / "rolecall"
    with tempfile.TemporaryFile() as file:
        file.write(archive)
        file.seek(0)
        with tarfile.open(fileobj=file, mode="r:gz") as members:
            member = members.extractfile("rolecall")
            if member is None:
                raise Failure(f"{name} has no file `rolecall`")
            program.write_bytes(member.read())
    program.chmod(0o755)
    return program


def _system():
    return {"Linux": "unknown-linux-gnu", "Darwin": "apple-darwin"}.get(platform.system(), platform.system())


def _fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=120) as answer:
            return answer.read()
    except OSError as error:
        raise Failure(f"{url}: {error}") from error


def run(*words, without=()):
    """Runs Rolecall in the working directory. Gives its exit code and the end of its messages."""
    command = [variable("ROLECALL"), *(str(word) for word in words)]
    directory = Path(variable("GITHUB_WORKSPACE")) / (setting("WORKING_DIRECTORY") or ".")
    print("$ rolecall " + " ".join(command[1:]))
    # Names from AWS and the files are shown: a line of them that looks like a command to the runner must not be one.
    silence = secrets.token_hex(16)
    print(f"::stop-commands::{silence}", flush=True)
    try:
        process = subprocess.Popen(
            command, cwd=directory, env=environment(*without), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        said = bytearray()
        reader = threading.Thread(target=_tee, args=(process.stderr, said))
        reader.start()
        code = process.wait()
        reader.join()
    finally:
        print(f"\n::{silence}::", flush=True)
    return code, plain(said.decode(errors="replace"))[-TOLD:]


def _tee(stream, said):
    for line in stream:
        said += line
        # To standard output: the runner reads the two apart, and could see a line after commands are allowed again.
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
