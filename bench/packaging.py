#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What a package costs: seconds of one core for each second of film, memory, and bytes for each byte of the source.

The sources are made on the spot: `calm` is a test picture with little motion, `busy` a zoom into a fractal under film
grain, which is
harder than most films. Prints a row of a Markdown table for each source and preset. After `make`, in the build folder:

    top_srcdir=.. top_builddir=. bench/packaging.py --seconds 30 --presets veryfast,ultrafast

With --compare it prints ratios of processor time instead: a package against plain ffmpeg that makes the same sizes,
and a package whose largest size is copied against one that encodes it. Ends with 1 when a goal is missed.
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


def make_source(folder, size_name, picture_name, seconds, rate=None, more=()):
    size, usual_rate = SIZES[size_name]
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
            rate or usual_rate,
            *more,
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


def plain_ladder(source, folder):
    """The sizes of a 1080p film, by one ffmpeg without anything else."""
    sizes = [(1920, 1080, 5000), (1280, 720, 2677), (854, 480, 1434), (640, 360, 919), (426, 240, 492)]
    graph = f"split={len(sizes)}" + "".join(f"[s{i}]" for i in range(len(sizes)))
    graph += "".join(f";[s{i}]scale={w}:{h},setsar=1[v{i}]" for i, (w, h, _) in enumerate(sizes))
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", source, "-filter_complex", f"[0:v]{graph}"]
    for i, (_, _, rate) in enumerate(sizes):
        command += ["-map", f"[v{i}]", f"-maxrate:v:{i}", f"{rate}k", f"-bufsize:v:{i}", f"{2 * rate}k"]
    command += "-c:v libx264 -preset veryfast -crf 23 -sc_threshold 0 -force_key_frames".split()
    command += [
        "expr:not(mod(n,100))",
        "-map",
        "0:a",
        "-c:a",
        "aac",
        "-b:a",
        "128k",
        "-f",
        "dash",
        "-seg_duration",
        "4",
    ]
    used = processor_seconds()
    subprocess.run([*command, folder / "plain.mpd"], check=True, cwd=folder)
    return processor_seconds() - used


def packaged(source, **settings):
    """Seconds of processor time of one package."""
    stack = Stack(package_preset="veryfast", package_nice=0, **settings)
    stack.settings["sandbox"] = "none"
    with stack:
        media = stack.film(source)
        assert stack.admin().post(f"/media/media/{media['id']}/package").status_code == 202
        used = processor_seconds()
        stack.mediagate("package", "--once", timeout=LIMIT_SECONDS)
        used = processor_seconds() - used
        said = stack.admin().get(f"/media/media/{media['id']}").json()["package"]
        assert said["state"] == "ready" and said["copied"] == settings.get("package_copy", True), said
    return used


def compare(folder, seconds):
    """True: the goals are met."""
    source = make_source(
        folder, "1080p", "calm", seconds, rate="4M", more=["-g", "50", "-maxrate", "4M", "-bufsize", "4M"]
    )
    plain = plain_ladder(source, folder)
    encoded, copied = packaged(source, package_copy=False), packaged(source)
    print("| 1080p, 5 sizes | processor time, s | ratio | goal |\n|---|---|---|---|")
    print(f"| plain ffmpeg | {plain:.1f} | | |")
    print(f"| package, all encoded / plain ffmpeg | {encoded:.1f} | {encoded / plain:.2f} | ≤ 1.10 |")
    print(f"| package, all encoded / largest copied | {copied:.1f} | {encoded / copied:.2f} | |")
    saved = (encoded - copied) / encoded
    print(f"| saved by the copy | {encoded - copied:.1f} | {saved:.0%} | |")
    return encoded <= 1.10 * plain


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
    options.add_argument("--compare", action="store_true", help="against plain ffmpeg, and copies against encoding")
    asked = options.parse_args()
    if asked.compare:
        with tempfile.TemporaryDirectory() as name:
            met = compare(pathlib.Path(name), asked.seconds)
        print(f"\nMost memory of one process: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MiB")
        sys.exit(0 if met else 1)
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
