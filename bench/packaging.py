#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What a package costs: seconds of one core for each second of film, memory, and bytes for each byte of the source.

The sources are made on the spot: `calm` is a test picture with little motion, `busy` a zoom into a fractal under film
grain, which is
harder than most films. Prints a row of a Markdown table for each source and preset. After `make`, in the build folder:

    top_srcdir=.. top_builddir=. bench/packaging.py --seconds 30 --presets veryfast,ultrafast
"""
import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

TOP_SRC = pathlib.Path(os.environ.get("top_srcdir", ".")).resolve()
sys.path.insert(0, str(TOP_SRC / "tests/integration"))
from stack import Stack  # noqa: E402 pylint: disable=wrong-import-position

SIZES = {"720p": ("1280x720", "5M"), "1080p": ("1920x1080", "8M")}
PICTURES = {"calm": "testsrc2=size={size}:rate=25", "busy": "mandelbrot=size={size}:rate=25,noise=alls=8:allf=t"}
LIMIT_SECONDS = 3600


def make_source(folder, size_name, picture_name, seconds):
    size, rate = SIZES[size_name]
    path = folder / f"{size_name}-{picture_name}.mp4"
    subprocess.run(
        [
            "ffmpeg",
            "-nostdin",
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            PICTURES[picture_name].format(size=size),
            "-f",
            "lavfi",
            "-i",
            "sine",
            "-t",
            str(seconds),
            "-pix_fmt",
            "yuv420p",
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-b:v",
            rate,
            "-c:a",
            "aac",
            path,
        ],
        check=True,
    )
    path.chmod(0o644)
    return path


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def folder_size(folder):
    return sum(entry.stat().st_size for entry in folder.iterdir())


def measure(stack, source, seconds):
    media = stack.film(source)
    assert stack.admin().post(f"/media/media/{media['id']}/package").status_code == 202
    began, used = time.monotonic(), processor_seconds()
    stack.mediagate("package", "--once", timeout=LIMIT_SECONDS)
    elapsed, used = time.monotonic() - began, processor_seconds() - used
    package = stack.admin().get(f"/media/media/{media['id']}").json()["package"]
    assert package["state"] == "ready", package
    [folder] = (entry for entry in (stack.data_dir / f"media/{media['id']}").iterdir() if entry.is_dir())
    source_size, size = source.stat().st_size, folder_size(folder)
    return (
        f"{used / seconds:.1f} | {elapsed / seconds:.1f} | {source_size * 8 / seconds / 1e6:.1f} | "
        f"{size * 8 / seconds / 1e6:.1f} | "
        f"{size / source_size:.2f}"
    )


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=30, help="length of each source (default 30)")
    options.add_argument("--presets", default="veryfast,ultrafast")
    asked = options.parse_args()
    print(
        "| source | preset | core seconds a second | seconds a second | source, Mbit/s | package, Mbit/s | package / "
        "source |\n|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        sources = {
            f"{size}, {picture}": make_source(folder, size, picture, asked.seconds)
            for size in SIZES
            for picture in PICTURES
        }
        for preset in asked.presets.split(","):
            stack = Stack(package_preset=preset, package_nice=0)
            # whose processes are nobody's children to be added up; it costs next to nothing
            stack.settings["sandbox"] = "none"
            with stack:
                for title, source in sources.items():
                    print(f"| {title} | {preset} | {measure(stack, source, asked.seconds)} |", flush=True)
    print(f"\nMost memory of one process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MiB")


if __name__ == "__main__":
    main()
