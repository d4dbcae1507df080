"""tests/mutants_self.py - of tests/mutants itself: on a tree of one file, and of what it would do to this one."""
import contextlib, io, os, pathlib, subprocess, tempfile

import mutation

SOURCE = '''/* src/jose/small.c - something to spoil. */
int small(int n);

int
small(int n)
{
	int twice = 0;

	if (n < 3)
		return 1;
	twice = 2 * n;
	twice = twice | 0;
	return twice > 0 ? 2 : 3;
}
'''
MAKEFILE = '''build/asan/libhufu.a: src/jose/small.c
	@mkdir -p build/asan
	$(CC) $(CFLAGS) -c -o build/asan/small.o $<
	ar rcs $@ build/asan/small.o
build/asan/test_jose: tests/unit/jose/small_test.c build/asan/libhufu.a
	$(CC) $(CFLAGS) -o $@ $^
all tests: build/asan/test_jose
'''
# small(2), small(3): the limit and both answers; nothing about a bit that is never set, nor about 3.
TEST = "int small(int n);\nint main(void) { return small(2) == 1 && small(3) == 2 ? 0 : 1; }\n"
passed, failed = 0, 0


def check(what, good, said=""):
    global passed, failed
    passed, failed = passed + bool(good), failed + (not good)
    if not good:
        print("FAIL %s: %s" % (what, said))


def small_tree(at):
    for name, text in {"src/jose/small.c": SOURCE, "src/rooms": "jose:\n", "Makefile": MAKEFILE, "tests/unit/jose/small_test.c": TEST, ".gitignore": "/build/\n"}.items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_text(text)
    subprocess.run(["git", "init", "-q"], cwd=at, check=True)


def said_by(main, at, *args):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        main(list(args), at)
    return out.getvalue()


def everything(at):
    return {str(p.relative_to(at)): p.read_bytes() for p in at.rglob("*") if p.is_file() and not {"build", ".git"} & set(p.relative_to(at).parts)}


def small(main, at):
    small_tree(at)
    before = everything(at)
    said = said_by(main, at, "--run", "--count", "1000", "--file", "src/jose/small.c")
    record = (at / "tests" / "mutants.last").read_text()
    check("a condition turned round is killed", "src/jose/small.c:9 condition: unit jose" in said, said)
    check("a limit that is off by one is killed", said.count("src/jose/small.c:9 operator: unit jose") == 1, said)
    check("a constant off by one is killed", "src/jose/small.c:9 number: unit jose" in said, said)
    check("what changes nothing survives", "src/jose/small.c:12 statement: survived" in said, said)
    check("a survivor is recorded with both texts", "src/jose/small.c:12 statement\n- twice = twice | 0;\n+ ;\n" in record, record)
    after = everything(at)
    check("nothing but the record is written", set(after) - set(before) == {"tests/mutants.last"} and all(after[n] == d for n, d in before.items()), str(set(after)))
    check("the copy is put back", (at / "build/mutants/tree/src/jose/small.c").read_text() == SOURCE)
    survivors = record.count("\nsurvivor ")
    number = record.split("src/jose/small.c:12 statement")[0].rsplit("survivor ", 1)[1].split(":")[0]
    said_by(main, at, "--equivalent", number, "the bit is  never set")
    kept = (at / "tests" / "mutants.equivalent").read_text()
    check("a reason is kept", kept.endswith("\nfile src/jose/small.c\n- twice = twice | 0;\n+ ;\nwhy the bit is never set\n"), kept)
    said_by(main, at, "--again")
    record = (at / "tests" / "mutants.last").read_text()
    check("an equivalent one is not made again", record.count("\nsurvivor ") == survivors - 1 and "12 statement" not in record, record)
    (at / "src/jose/small.c").write_text(SOURCE.replace("\ttwice = twice | 0;\n", ""))
    said = said_by(main, at, "--run", "--count", "1", "--file", "src/jose/small.c")
    check("an equivalent one whose line is gone is named", "speaks of what is gone: src/jose/small.c: twice = twice | 0;" in said, said)


def broken(main, at):
    small_tree(at)
    (at / "tests/unit/jose/small_test.c").write_text(TEST.replace("== 2", "== 4"))
    try:
        said_by(main, at, "--run", "--count", "1")
        check("a tree that fails by itself is told", False)
    except SystemExit as e:
        check("a tree that fails by itself is told", "the tree itself fails unit jose" in str(e), str(e))


def this_tree(main):
    """Without building: in each room there is something to do, of each kind, and it is what it says."""
    root = pathlib.Path(__file__).resolve().parent.parent
    made, ops = {}, set()
    for name in mutation.files(root):
        text = (root / name).read_text(encoding="utf-8")
        for site in mutation.sites(root, name):
            made[name.split("/")[1]] = made.get(name.split("/")[1], 0) + 1
            ops.add(site.op)
            new = mutation.mutate(text, site)
            if new == text or new[:site.start] != text[:site.start] or not new.endswith(text[site.end:]):
                check("a mutation changes its place only", False, str(site))
    check("every room can be mutated", all(made.get(r, 0) > 100 for r in mutation.ROOMS), str(made))
    check("every kind of mutation is made", ops == set(mutation.OPERATORS), str(set(mutation.OPERATORS) - ops))
    one, two, other = (said_by(main, root, "--list", "--seed", seed, "--count", "20") for seed in ("7", "7", "8"))
    check("a seed is a sample", one == two and one != other and one.count("\n- ") == 20)
    comment = mutation.mask('a /* if (b) */ "&& \\" !c" \'!\' // <\n#define X 1\n\tif (d)')
    check("comments, strings and directives are left alone", comment.split() == ["a", comment.split()[1], comment.split()[2], "if", "(d)"], comment)


def run(main):
    os.environ.setdefault("CC", "cc")
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        small(main, pathlib.Path(one))
        broken(main, pathlib.Path(two))
    this_tree(main)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0
