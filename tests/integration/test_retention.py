# SPDX-License-Identifier: ISC
"""Which parts of a medium its views were given: from what nginx delivered to the curve of the API."""
import json
import re
import shutil
import subprocess

import pytest

from answers import assert_json, assert_problem
from test_players import run, url_of


@pytest.fixture(scope="module")
def cinema(module_stack_with):
    stack = module_stack_with()
    stack.start_ingest()
    return stack


def byte_of(path, seconds):
    """Where the picture of this time lies in the file."""
    shown = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-read_intervals", f"{seconds}%+#1"]
        + ["-show_entries", "packet=pos", "-of", "json", path],
        check=True,
        capture_output=True,
    )
    return int(json.loads(shown.stdout)["packets"][0]["pos"])


def shares(api, medium, **asked):
    answer = assert_json(api.get(f"/media/media/{medium['id']}/retention", params={"bots": "include", **asked}))
    return [item["share"] for item in answer["items"]], answer


def test_the_curve_of_a_film_goes_by_its_time(cinema, make_media):
    """Nearly all of its bytes are in the first half of it, and who has that has half of the time."""
    path = make_media("uneven")
    film = cinema.film(path, title="An uneven film")
    size, middle = film["size_bytes"], byte_of(path, 20)
    assert middle > 0.8 * size
    with cinema.new_admin() as api:
        assert shares(api, film)[0] == []
        for first, last in ((0, middle - 1), (0, size - 1), (middle, size - 1), (0, byte_of(path, 10) - 1)):
            run("curl", "-sSf", "-o", "/dev/null", "-r", f"{first}-{last}", url_of(cinema, film))
        cinema.wait_logged()
        cinema.wait_counted()
        curve, answer = shares(api, film, buckets=40)
        assert (answer["total_views"], answer["known_views"], answer["exact"]) == (4, 4, True)
        assert answer["duration_seconds"] == pytest.approx(40, abs=0.2)
        assert curve[:9] == [0.75] * 9 and curve[11:19] == [0.5] * 8 and curve[21:] == [0.5] * 19, curve
        assert [round(item["start_seconds"]) for item in answer["items"]] == list(range(40))
        assert answer["hotspots"] == []


def test_a_hotspot_is_where_people_jump_to(cinema, make_media):
    path = make_media("uneven")
    film = cinema.film(path, title="A film with a scene")
    begin = byte_of(path, 12)
    for _ in range(3):
        run("curl", "-sSf", "-o", "/dev/null", "-r", f"{begin}-{byte_of(path, 16)}", url_of(cinema, film))
    run("curl", "-sSf", "-o", "/dev/null", url_of(cinema, film))
    cinema.wait_logged()
    cinema.wait_counted()
    with cinema.new_admin() as api:
        curve, answer = shares(api, film, buckets=20)
    assert [spot["start_seconds"] for spot in answer["hotspots"]] == [pytest.approx(12, abs=2.1)]
    assert answer["hotspots"][0]["rise"] == 0.75 and max(curve) == 1


def test_the_curve_of_a_playlist_goes_by_its_segments(cinema, make_media):
    folder = make_media("hls").parent
    shutil.copytree(folder, cinema.library_dir / "shows/curve")
    segments = re.findall(r"^[^#\n].*$", (folder / "hls.m3u8").read_text(encoding="utf-8"), re.M)
    show = cinema.new_media(title="A show", file_url="library:shows/curve/hls.m3u8")
    assert show["duration_seconds"] == pytest.approx(6, abs=0.1)
    prefix = url_of(cinema, show).rsplit("/", 1)[0]
    for segment in segments[: len(segments) // 2]:
        run("curl", "-sSf", "-o", "/dev/null", f"{prefix}/{segment}")
    cinema.wait_logged()
    cinema.wait_counted()
    with cinema.new_admin() as api:
        curve, answer = shares(api, show, buckets=10)
    assert answer["known_views"] == 1 and curve == [1] * 5 + [0] * 5


@pytest.mark.parametrize("buckets", ["9", "201", "0", "-1", "1e2", ""])
def test_odd_numbers_of_parts_are_refused(cinema, buckets):
    medium = cinema.new_media(title="x")
    with cinema.new_admin() as api:
        problem = assert_problem(api.get(f"/media/media/{medium['id']}/retention", params={"buckets": buckets}), 422)
        assert problem["errors"][0]["pointer"] == "?buckets"
        assert_problem(api.get("/media/media/999999/retention"), 404)
        assert_problem(api.get(f"/media/media/{medium['id']}/retention", params={"tz": "Mars/Phobos"}), 422)
