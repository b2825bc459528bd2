# SPDX-License-Identifier: ISC
"""Small real films and sounds, made by ffmpeg once and kept in the build folder."""
import fcntl
import os
import pathlib
import subprocess
import tempfile

from stack import TOP_BUILD

CACHE = TOP_BUILD / "tests/integration/media"

RECIPES = {
    # name: (extension, ffmpeg's arguments)
    "film": (
        "mp4",
        "-f lavfi -i testsrc=size=320x180:rate=25 -f lavfi -i sine=frequency=440 -t 6 "
        "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25 -c:a aac -movflags +faststart",
    ),
    # Its index is at the end, so that a player must ask for ranges.
    "long": (
        "mp4",
        "-f lavfi -i testsrc2=size=640x360:rate=25 -f lavfi -i sine=frequency=440 -t 40 "
        "-c:v libx264 -preset ultrafast -b:v 3M -pix_fmt yuv420p -g 50 -c:a aac",
    ),
    # Nearly all of its bytes are in its first half.
    "uneven": (
        "mp4",
        "-f lavfi -i testsrc2=size=320x180:rate=10,drawbox=color=black:t=fill:enable='gte(t,20)' -t 40 "
        "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 10 -movflags +faststart",
    ),
    "short": ("mp4", "-f lavfi -i testsrc=size=128x96:rate=10 -t 1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p"),
    "webm": ("webm", "-f lavfi -i testsrc=size=128x96:rate=10 -t 1 -c:v libvpx -b:v 100k"),
    "sound": ("mp3", "-f lavfi -i sine=frequency=440 -t 2 -c:a libmp3lame"),
    "ogg": ("ogg", "-f lavfi -i sine=frequency=440 -t 1 -c:a libvorbis"),
    "wav": ("wav", "-f lavfi -i sine=frequency=440 -t 1"),
    "picture": ("png", "-f lavfi -i testsrc=size=64x64 -frames:v 1"),
    "hls": (
        "m3u8",
        "-f lavfi -i testsrc=size=160x90:rate=25 -f lavfi -i sine=frequency=440 -t 6 -c:v libx264 -preset "
        "ultrafast "
        "-pix_fmt yuv420p -g 25 -c:a aac -f hls -hls_time 1 -hls_playlist_type vod -hls_segment_type fmp4",
    ),
}


def make_media(name):
    """The path of a file of this recipe; of "hls" the playlist, alone with its segments in a folder."""
    extension, arguments = RECIPES[name]
    CACHE.mkdir(parents=True, exist_ok=True)
    folder = CACHE / name
    with open(CACHE / f".{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes share the folder
        if not folder.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as temporary:
                made = pathlib.Path(temporary) / "made"
                made.mkdir()
                made.chmod(0o755)
                subprocess.run(
                    [
                        "ffmpeg",
                        "-hide_banner",
                        "-loglevel",
                        "error",
                        "-nostdin",
                        *arguments.split(),
                        f"{name}.{extension}",
                    ],
                    cwd=made,
                    check=True,
                    env={**os.environ, "AV_LOG_FORCE_NOCOLOR": "1"},
                )
                made.rename(folder)
    return folder / f"{name}.{extension}"
