"""tools/sbom: what it says of the programs is so, and is the same each time."""
import hashlib, json, os, pathlib, re, subprocess, sys

import pytest

from server import BUILD, clean_env

ROOT = pathlib.Path(__file__).resolve().parents[2]


def sbom(root, **env):
    r = subprocess.run([sys.executable, str(ROOT / "tools/sbom"), "--package", str(root)], capture_output=True, text=True, env=clean_env(**env))
    assert r.returncode == 0, r.stderr
    return r.stdout


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    for place, name in (("usr/sbin", "hufud"), ("usr/bin", "hufu")):
        (root / place).mkdir(parents=True)
        os.link(BUILD / name, root / place / name) if os.stat(BUILD).st_dev == os.stat(root).st_dev else (root / place / name).symlink_to(BUILD / name)
    return root


@pytest.fixture(scope="module")
def document(root):
    return json.loads(sbom(root, SOURCE_DATE_EPOCH="1700000000"))


def test_it_is_spdx_of_this_version(document):
    version = (ROOT / "VERSION").read_text().strip()
    assert document["spdxVersion"] == "SPDX-2.3" and document["dataLicense"] == "CC0-1.0" and document["name"] == "hufu-" + version
    assert document["creationInfo"]["created"] == "2023-11-14T22:13:20Z"
    ids = [p["SPDXID"] for p in document["packages"] + document["files"]] + ["SPDXRef-DOCUMENT"]
    assert len(ids) == len(set(ids)) and all(re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", i) for i in ids)
    assert all({r["spdxElementId"], r["relatedSpdxElement"]} <= set(ids) for r in document["relationships"])
    assert all(p[k] for p in document["packages"] for k in ("name", "SPDXID", "downloadLocation", "versionInfo"))


def test_every_library_of_the_makefile_is_there_with_its_version(document):
    libs = re.search(r"^LIBS +:= (.*)$", (ROOT / "Makefile").read_text(), re.M)[1].split()
    versions = {p["name"]: p["versionInfo"] for p in document["packages"]}
    for lib in libs:
        name = {"-lcrypto": "libssl", "-lm": "libc6", "-lz": "zlib1g", "-lgnutls": "libgnutls30", "-lsqlite3": "libsqlite3-0", "-lyaml": "libyaml-0"}.get(lib, "lib" + lib[2:])
        found = [n for n in versions if n.startswith(name)]
        assert found, lib
        installed = subprocess.run(["dpkg-query", "-W", "-f", "${Version}\n", found[0]], capture_output=True, text=True).stdout.split("\n")[0]
        assert versions[found[0]] == installed, lib


def test_digests_are_the_programs(document, root):
    for f in document["files"]:
        data = (root / f["fileName"][2:]).read_bytes()
        assert {c["algorithm"]: c["checksumValue"] for c in f["checksums"]} == {"SHA1": hashlib.sha1(data).hexdigest(), "SHA256": hashlib.sha256(data).hexdigest()}


def test_addresses_of_packages_are_such(document):
    locators = [r["referenceLocator"] for p in document["packages"] for r in p.get("externalRefs", [])]
    assert len(locators) > 10 and all(re.fullmatch(r"pkg:deb/\w+/[a-z0-9.+-]+@[^?:+]+\?arch=\w+&distro=[\w.-]+", l) for l in locators)


def test_the_same_programs_give_the_same_bytes(root):
    assert sbom(root, SOURCE_DATE_EPOCH="1") == sbom(root, SOURCE_DATE_EPOCH="1", LC_ALL="zh_CN.UTF-8")
