# SPDX-License-Identifier: ISC
"""Files of the operator's library: linked, described, played, and no way out."""
import shutil
import subprocess
import uuid

import pytest
from answers import assert_json, assert_problem
from stack import DEADLINE
from upload_tools import stored

REMOTE = "https://media.example.org/films/bunny.mp4"


@pytest.fixture
def shelf(stack, make_media):
    """A folder of the library with a film, an HLS folder, a text, and a link that leads out."""
    folder = stack.library_dir / uuid.uuid4().hex
    folder.mkdir()
    shutil.copy(make_media("film"), folder / "film.mp4")
    shutil.copytree(make_media("hls").parent, folder / "hls")
    (folder / "notes.mp4").write_text("not a film")
    (folder / "out.mp4").symlink_to("/etc/passwd")
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def library_url(shelf, name):  # pylint: disable=redefined-outer-name
    return f"library:{shelf.name}/{name}"


def test_a_film_of_the_library_is_described_and_plays(stack, admin, shelf):
    url = library_url(shelf, "film.mp4")
    medium = assert_json(admin.post("/media/media/", json={"title": "x", "type": "video", "file_url": url}), 201)
    source = shelf / "film.mp4"
    assert medium["file_url"] == url and medium["playable"] is True
    assert medium["size_bytes"] == source.stat().st_size and medium["content_type"] == "video/mp4"
    assert (medium["width"], medium["height"], medium["video_codec"], medium["audio_codec"]) == (
        320,
        180,
        "h264",
        "aac",
    )
    assert 5.9 < medium["duration_seconds"] < 6.3
    assert stack.anonymous().get(stack.stream_path(medium["id"])).content == source.read_bytes()
    assert admin.delete(f"/media/media/{medium['id']}").status_code == 204
    assert source.exists()  # the operator's file is nobody else's to remove


def test_hls_of_the_library_plays_through_one_grant(stack, admin, shelf):
    medium = assert_json(
        admin.post(
            "/media/media/", json={"title": "x", "type": "video", "file_url": library_url(shelf, "hls/hls.m3u8")}
        ),
        201,
    )
    assert medium["content_type"] == "application/vnd.apple.mpegurl"
    path = stack.stream_path(medium["id"])
    with stack.anonymous() as viewer:
        playlist = viewer.get(path)
        assert playlist.status_code == 200 and playlist.headers["Content-Type"] == "application/vnd.apple.mpegurl"
        # films, sounds and pictures alone have an origin
        assert playlist.headers["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
        names = [line for line in playlist.text.splitlines() if line and not line.startswith("#")]
        assert len(names) >= 5
        for name in names:
            assert viewer.get(path.rsplit("/", 1)[0] + "/" + name).content == (shelf / "hls" / name).read_bytes()


def test_links_put_into_a_linked_folder_later_lead_nowhere(stack, admin, shelf):
    medium = assert_json(
        admin.post(
            "/media/media/", json={"title": "x", "type": "video", "file_url": library_url(shelf, "hls/hls.m3u8")}
        ),
        201,
    )
    (shelf / "notes").mkdir()
    (shelf / "notes/inside.vtt").write_text("WEBVTT")
    (shelf / "hls/passwd.ts").symlink_to("/etc/passwd")
    (shelf / "hls/etc").symlink_to("/etc")
    (shelf / "hls/within.ts").symlink_to("hls.m3u8")
    (shelf / "hls/beside").symlink_to("../notes")
    prefix = stack.stream_path(medium["id"]).rsplit("/", 1)[0]
    with stack.anonymous() as viewer:
        for name in ("passwd.ts", "etc/passwd", "within.ts", "beside/inside.vtt"):
            assert_problem(viewer.get(f"{prefix}/{name}"), 404)
        assert viewer.get(f"{prefix}/hls.m3u8").status_code == 200


@pytest.mark.parametrize(
    "name", ["notes.mp4", "out.mp4", "nothing.mp4", "hls", "film.mp4/", "film.mp4/x", "../../etc/passwd"]
)
def test_what_is_no_film_of_the_library_is_refused(admin, shelf, name):
    body = {"title": "x", "type": "video", "file_url": library_url(shelf, name)}
    problem = assert_problem(admin.post("/media/media/", json=body), 422, ["/file_url"])
    assert "/tmp" not in str(problem)


def test_a_bad_library_file_changes_nothing(admin, shelf):
    medium = assert_json(
        admin.post("/media/media/", json={"title": "x", "type": "video", "file_url": library_url(shelf, "film.mp4")}),
        201,
    )
    path = f"/media/media/{medium['id']}"
    assert_problem(
        admin.patch(path, json={"title": "other", "file_url": library_url(shelf, "notes.mp4")}), 422, ["/file_url"]
    )
    assert assert_json(admin.get(path)) == medium


def library(stack, source, name):
    target = stack.library_dir / name
    target.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    for path in (target.parent, target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return f"library:{name}"


def test_a_library_file_plays_without_a_copy(stack, make_media):
    url = library(stack, make_media("film"), "films/My film (1).mp4")
    media = stack.new_media(file_url=url)
    assert media["file_url"] == url
    assert media["size_bytes"] == make_media("film").stat().st_size
    assert media["duration_seconds"] > 5
    (entry,) = stored(stack, media["id"])
    link = stack.data_dir / "media" / str(media["id"]) / entry
    assert link.is_symlink()
    path = stack.stream_path(media["id"])
    assert stack.anonymous().get(path).content == make_media("film").read_bytes()
    assert stack.admin().delete(f"/media/media/{media['id']}").status_code == 204
    assert stack.anonymous().get(path).status_code == 404
    assert (stack.library_dir / "films/My film (1).mp4").exists()


def test_a_library_path_that_cannot_be_used_is_422_in_words(stack, make_media):
    library(stack, make_media("sound"), "sound.mp3")
    (stack.library_dir / "text.mp4").write_text("no film")
    if not (stack.library_dir / "passwd.mp4").is_symlink():
        (stack.library_dir / "passwd.mp4").symlink_to("/etc/passwd")
    for name in (
        "missing.mp4",
        "../data/spool",
        "/etc/passwd",
        "a//b.mp4",
        "passwd.mp4",
        "text.mp4",
        "sound.mp3",
        ".",
        "",
    ):
        answer = stack.admin().post(
            "/media/media/", json={"title": "x", "type": "video", "file_url": f"library:{name}"}
        )
        assert answer.status_code == 422, (name, answer.text)
        assert answer.json()["errors"][0]["pointer"] == "/file_url"


def test_an_hls_folder_plays_under_one_grant(stack, make_media, tmp_path):
    library(stack, make_media("hls").parent, "hls film")
    media = stack.new_media(file_url="library:hls film/hls.m3u8")
    url = stack.base_url + stack.stream_path(media["id"])
    probe = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", url],
        capture_output=True,
        text=True,
        check=True,
        timeout=2 * DEADLINE,
    )
    assert 5.5 < float(probe.stdout) < 6.5
    copy = tmp_path / "copy.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-i", url, "-c", "copy", copy], check=True, timeout=2 * DEADLINE)
    assert copy.stat().st_size > 10000
    segments = sorted(path.name for path in make_media("hls").parent.glob("*.m4s"))
    for name in segments:
        answer = stack.anonymous().get(url.rsplit("/", 1)[0] + "/" + name)
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "video/iso.segment"
    assert stack.admin().delete(f"/media/media/{media['id']}").status_code == 204
    assert stack.anonymous().get(url).status_code == 404
    assert (stack.library_dir / "hls film/hls.m3u8").exists()


def test_a_change_to_a_library_file_is_one_with_all_else(admin, shelf):
    medium = assert_json(admin.post("/media/media/", json={"title": "before", "type": "audio"}), 201)
    path = f"/media/media/{medium['id']}"
    changed = assert_json(
        admin.patch(path, json={"title": "after", "type": "video", "file_url": library_url(shelf, "film.mp4")})
    )
    assert (changed["title"], changed["type"], changed["content_type"]) == ("after", "video", "video/mp4")
    assert_problem(
        admin.patch(path, json={"title": "x", "type": "audio", "file_url": library_url(shelf, "film.mp4")}),
        422,
        ["/file_url"],
    )
    assert assert_json(admin.get(path)) == changed
    # without a word of the type, the file decides it
    for body in ({"title": "y", "file_url": library_url(shelf, "film.mp4")},):
        assert assert_json(admin.post("/media/media", json=body), 201)["type"] == "video"
    medium = assert_json(admin.post("/media/media", json={"title": "z", "type": "audio"}), 201)
    change = {"file_url": library_url(shelf, "film.mp4")}
    assert assert_json(admin.patch(f"/media/media/{medium['id']}", json=change))["type"] == "video"


def test_the_type_is_that_of_the_file(admin, stack, make_media, shelf):
    for medium, other in (
        (stack.film(make_media("short")), "audio"),
        (stack.film(make_media("sound"), type="audio"), "video"),
    ):
        path = f"/media/media/{medium['id']}"
        problem = assert_problem(admin.patch(path, json={"title": "other", "type": other}), 422, ["/type"])
        assert ("a video" if other == "audio" else "audio only") in problem["errors"][0]["detail"]
        assert assert_json(admin.get(path)) == medium
        assert assert_json(admin.patch(path, json={"type": medium["type"]}))["type"] == medium["type"]
        # nothing is known of that file
        assert assert_json(admin.patch(path, json={"type": other, "file_url": REMOTE}))["type"] == other
    show = stack.new_media(file_url=library_url(shelf, "hls/hls.m3u8"))
    assert assert_json(admin.patch(f"/media/media/{show['id']}", json={"type": "audio"}))["type"] == "audio"


def test_a_file_that_no_url_names_any_more_plays_on_where_it_was_given_out(admin, stack, make_media, shelf):
    """Until those URLs expire: whoever plays is not cut off by an edit. DELETE and revocation are what end playing."""
    uploaded = stack.film(make_media("short"))
    linked = stack.new_media(file_url=library_url(shelf, "film.mp4"))
    for medium, source, change in ((uploaded, make_media("short"), REMOTE), (linked, shelf / "film.mp4", None)):
        old = stack.stream_path(medium["id"])
        changed = assert_json(admin.patch(f"/media/media/{medium['id']}", json={"file_url": change}))
        assert changed["size_bytes"] is None and changed["playable"] is (change is not None)
        with stack.anonymous() as viewer:
            assert viewer.get(old).content == source.read_bytes()
            assert admin.delete(f"/media/media/{medium['id']}").status_code == 204
            assert_problem(viewer.get(old), 404)
    assert_problem(admin.get(f"/media/media/{linked['id']}/stream-url"), 404)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_library_file_swapped_for_a_link_gets_no_grant_and_is_cut_by_the_sweep(admin, stack, shelf, what):
    medium = stack.new_media(file_url=library_url(shelf, "film.mp4" if what == "file" else "hls/hls.m3u8"))
    swapped = shelf / ("film.mp4" if what == "file" else "hls")
    old = stack.stream_path(medium["id"])
    aside = shelf / "aside"
    swapped.rename(aside)
    outside = stack.root / f"outside-{shelf.name}"
    if what == "file":
        outside.write_text("not for viewers")
    else:
        shutil.copytree(aside, outside)
    outside.chmod(0o755)
    swapped.symlink_to(outside)
    problem = assert_problem(admin.get(f"/media/media/{medium['id']}/stream-url"), 409)
    assert "library" in problem["detail"] and str(stack.root) not in str(problem)
    stack.mediagate("sweep")  # unless serve's own was faster
    with stack.anonymous() as viewer:
        assert_problem(viewer.get(old), 404)
        swapped.unlink()
        aside.rename(swapped)
        stack.mediagate("sweep")
        assert viewer.get(old).status_code == 200
    assert_json(admin.get(f"/media/media/{medium['id']}/stream-url"))


def test_in_a_library_mounted_with_nosymfollow_a_swapped_file_does_not_play_at_all(stack, shelf):
    medium = stack.new_media(file_url=library_url(shelf, "film.mp4"))
    show = stack.new_media(file_url=library_url(shelf, "hls/hls.m3u8"))
    paths = [stack.stream_path(medium["id"]), stack.stream_path(show["id"])]
    mounted = subprocess.run(
        ["mount", "--bind", "-o", "ro,nosymfollow", stack.library_dir, stack.library_dir],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.strip()}")
    try:
        assert "nosymfollow" not in stack.mediagate("check-config").stderr
        with stack.anonymous() as viewer:
            assert [viewer.get(path).status_code for path in paths] == [200, 200]
    finally:
        subprocess.run(["umount", "-l", stack.library_dir], check=True)
    outside = stack.root / f"outside-{shelf.name}"
    shutil.copytree(shelf, outside, symlinks=True)
    outside.chmod(0o755)
    shelf.rename(shelf.with_name(shelf.name + "-aside"))
    shelf.symlink_to(outside)
    try:
        with stack.anonymous() as viewer:
            # so this is what the mount is for, until serve's sweep cuts them
            plays = [viewer.get(path).status_code for path in paths]
            assert plays == [200, 200] or 404 in plays
            subprocess.run(
                ["mount", "--bind", "-o", "ro,nosymfollow", stack.library_dir, stack.library_dir], check=True
            )
            try:
                for path in paths:
                    assert_problem(viewer.get(path), 404)
            finally:
                subprocess.run(["umount", "-l", stack.library_dir], check=True)
    finally:
        shelf.unlink()
        shelf.with_name(shelf.name + "-aside").rename(shelf)
