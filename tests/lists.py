"""tests/lists.py - every row of every list of the sources, and every invariant of the headers, is known to a test. Used by tests/documents;
`python3 tests/lists.py` prints what is not.

A list is a .def file, or a table of a .c file. LISTS says how a test names a row; WALKED names the test that goes through a whole list by itself, and the words by which
it does. An invariant ("H3: ..." in a header) is cited by its number. What no test names stands in tests/lists.exceptions with a reason.
"""
import collections, pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
OURS = {"lists.py", "lists.exceptions", "mutants.last", "mutants.equivalent", "checks_off", "checks_off.last", "parsers"}
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"|\'((?:[^\'\\\n]|\\.)*)\'')


class Said:
    """What the tests say: whole, its words, what stands in quotes there."""
    def __init__(self, text):
        self.text = text
        self.words = set(re.findall(r"\w+", text))
        self.quoted = {a or b for a, b in LITERAL.findall(text)}
        self.names = {n for q in self.quoted for n in re.findall(r"[\w.-]+", q)} | set(re.findall(r"\b([\w-]+)=", text))


def tests():
    files = [p for p in sorted((ROOT / "tests").rglob("*")) if p.is_file() and p.name not in OURS and p.suffix in (".c", ".h", ".py", "")]
    return Said("\n".join(p.read_text(encoding="utf-8", errors="replace") for p in files if not {"corpus", "data", "conformance"} & set(p.parts)))


# --- how a test names a row: functions of (match, said) --------------------------------------------------------------------------------

def constant(prefix):
    return lambda m, said: prefix + m[1] in said.words


def word(m, said):
    return m[1] in said.words


def wire_name(m, said):
    return m[2] in said.names


def wire_name_quoted(m, said):
    return m[2] in said.quoted


def either(prefix):
    return lambda m, said: constant(prefix)(m, said) or wire_name(m, said)


def reason(m, said):
    return "R_" + m[1] in said.words or m[1].lower() in said.quoted


def encoding(m, said):
    """A stored password that begins so."""
    start = "{%s}" % m[2] if m[1] == "NAMED" else m[2]
    return any(start in q for q in said.quoted)


def prompt(m, said):
    return re.search(r'prompt\W{1,8}(?:S\(")?[\w+ ]*\b%s\b' % m[2], said.text, re.I) is not None


# name: which group of the row is its name
List = collections.namedtuple("List", "what path row knows name", defaults=[1])
LISTS = [
    List("signature algorithms", "src/jose/algs.def", r'^ALG\((\w+),\s*"([^"]+)"', either("ALG_")),
    List("ways of encryption", "src/jose/jwe.def", r'^JWE_\w+\((\w+),\s*"([^"]+)"', wire_name_quoted),
    List("words of JSON Schema", "src/base/json_schema.def", r'^SCHEMA_\w+\("([^"]+)"', lambda m, said: '\\"%s\\"' % m[1] in said.text),
    List("reasons", "src/oauth/reasons.def", r"^REASON\((\w+),", reason),
    List("what an issuer is trusted for", "src/oauth/trust.def", r'^TRUST\((\w+),\s*"([^"]+)"', wire_name),
    List("parameters", "src/oauth/params.def", r'^PARAM\((\w+),\s*"([^"]+)"', either("P_")),
    List("grants", "src/oauth/grants.def", r"^GRANT\((\w+)\)", lambda m, said: m[1] in said.names),
    List("client authentication", "src/oauth/methods.def", r'^METHOD\((\w+),\s*"([^"]+)"', wire_name),
    List("confirmations", "src/oauth/confirmations.def", r'^CONFIRMATION\((\w+),\s*"([^"]+)"', constant("CONFIRM_")),
    List("faults of passkeys", "src/login/webauthn.def", r'^FAULT\((\w+),\s*"([^"]+)"', constant("WEBAUTHN_")),
    List("second factors", "src/oauth/factors.def", r'^FACTOR\((\w+),\s*"([^"]+)"', either("FACTOR_")),
    List("prompts", "src/oauth/prompts.def", r'^PROMPT\((\w+),\s*"([^"]+)"', prompt),
    List("authorization checks", "src/oauth/authorize/checks.def", r"^CHECK\((\w+),", word),
    List("response modes", "src/oauth/responses.def", r'^RESPONSE_MODE\((\w+),\s*"([^"]+)"', either("MODE_")),
    List("weak habits", "src/oauth/habits.def", r'^HABIT\((\w+),\s*"([^"]+)"', either("HABIT_")),
    List("kinds of calls", "src/oauth/calls.def", r"^CALL\((\w+),", constant("OE_")),
    List("pages of an account", "src/oauth/account_sections.def", r"^ACCOUNT_SECTION\((\w+),\s*(\w+)", constant("ACCOUNT_")),
    List("endpoints", "src/wire/endpoints.def", r'^ENDPOINT\((\w+),\s*"([^"]+)"', either("OE_")),
    List("claims about users", "src/oauth/openid_claims.def", r'^OPENID_CLAIM\("(\w+)",\s*"(\w+)"', wire_name, 2),
    List("events", "src/base/events.def", r'^EVENT\((\w+), "([^"]+)"', either("EV_")),
    List("operations of the store", "src/store/ops.def", r"^OP\((\w+),", constant("OP_")),
    List("reads of the store", "src/store/reads.def", r"^READ\([^,]+?, (\w+),", lambda m, said: "store_" + m[1] in said.words),
    List("encodings of passwords", "src/login/password.c", r'(NAMED|RAW|OTHER)\("([^"]+)", "', encoding, 2),
    List("findings of an import", "src/import/findings.def", r'^FINDING\((\w+),\s*"([^"]+)",\s*"([^"]+)"', lambda m, said: "FIND_" + m[1] in said.words or m[3] in said.quoted),
]

# (list, the test that goes through it, words of that test by which it does)
Walk = collections.namedtuple("Walk", "path test words")
WALKED = [
    Walk("src/store/user_claims.def", "tests/unit/store/user_claims_test.c", ["store/user_claims.def"]),
    Walk("src/metrics/metrics.def", "tests/unit/metrics/metrics_test.c", ["metrics/metrics.def", "every_row_has_help_type_and_a_sample"]),
    Walk("src/store/records/records.def", "tests/unit/store/ends_test.c", ["store/records/records.def"]),
    Walk("src/store/records/sql.def", "tests/unit/store/sqlite/plan_test.c", ["store/records/sql.def"]),
    Walk("src/setup/hufud.def", "tests/talk/install_test.py", ["src/setup/hufud.def", "len(options) == len(rows)"]),
    Walk("src/base/sentences.def", "tests/sentences.py", ["src/base/sentences.def"]),
    Walk("src/login/states.def", "tests/unit/login/states_test.c", ["login/states.def"]),
    Walk("src/login/password_common.def", "tests/unit/login/password_rule_test.c", ["login/password_common.def"]),
    Walk("src/conf/settings.def", "tests/unit/conf/settings_test.c", ["every_row_is_complete", "every_row_keeps_its_bounds", "row->name != NULL"]),
    Walk("src/conf/rules.def", "tests/unit/conf/settings_test.c", ["every_row_is_complete", "row->name != NULL"]),
    Walk("src/oauth/session/device_kinds.def", "tests/unit/oauth/session/room_test.c", ["oauth/session/device_kinds.def"]),
    Walk("src/oauth/policy.def", "tests/unit/wire/settings_test.c", ["oauth/policy.def", "is_sound"]),
    Walk("src/oauth/profiles.def", "tests/unit/oauth/profile_test.c", ["oauth/profiles.def", "every_rule_is_kept_and_broken", "every_rule_of_clients_finds_who_breaks_it"]),
    Walk("src/oauth/responses.def", "tests/unit/oauth/authorize/responses_test.c", ["RESPONSE_COUNT", "each_row_gives_what_it_says", "MODE_COUNT"]),
    Walk("src/wire/custom/custom.def", "tests/unit/setup/dialects_test.c", ["wire/custom/custom.def", "every_key_of_a_dialect_is_read_and_printed"]),
    Walk("src/wire/placeholders.def", "tests/talk/dialect_test.py", ["src/wire/placeholders.def"]),
    Walk("src/wire/style.def", "tests/talk/config_test.py", ["src/wire/style.def"]),
    Walk("src/oauth/metadata.def", "tests/unit/oauth/client_metadata_test.c", ["oauth/metadata.def", "every_member_comes_back"]),
    Walk("src/hufu/texts.def", "tests/talk/texts_test.py", ["src/hufu/texts.def", "test_every_text_is_said_somewhere"]),
    Walk("src/probe/checks.def", "tests/talk/doctor_test.py", ["src/probe/checks.def", "test_each_check_notices_its_offence"]),
    Walk("src/hufu/advice.def", "tests/talk/explain_test.py", ["src/hufu/advice.def", "test_an_advice_names_commands_that_there_are"]),
    Walk("src/hufu/doctor.def", "tests/talk/doctor_test.py", ["src/hufu/doctor.def", "test_this_installation"]),
    Walk("src/shadow/causes.def", "tests/talk/shadow_test.py", ["src/shadow/causes.def", "set(PLANTS) == {word for _, word, _ in CAUSES}"]),
    Walk("src/shadow/skips.def", "tests/talk/shadow_test.py", ["src/shadow/skips.def", "{word for _, word in SKIPS} =="]),
    Walk("src/shadow/names.def", "tests/talk/shadow_test.py", ["src/shadow/names.def", "test_no_secret_is_written_whatever_it_is_called"]),
    Walk("src/upstream/kinds.def", "tests/unit/upstream/upstream_test.c", ["upstream_kinds", "rows_are_whole"]),
    Walk("src/page/templates.def", "tests/unit/page/assets_test.c", ["T_COUNT"]),
    Walk("src/page/names.def", "tests/unit/page/text_test.c", ["page/names.def"]),
    Walk("src/page/languages/en.def", "tests/unit/page/text_test.c", ["text_count()", "every_text_is_there_in_every_language"]),
    Walk("src/page/languages/zh-CN.def", "tests/unit/page/text_test.c", ["text_count()", "every_text_is_there_in_every_language"]),
    Walk("src/page/languages/zh-TW.def", "tests/unit/page/text_test.c", ["text_count()", "every_text_is_there_in_every_language"]),
    Walk("src/page/languages.def", "tests/unit/page/text_test.c", ["LANG_COUNT", "every_text_is_there_in_every_language"]),
]


def invariants():
    """Those that a header states: the number, a colon, in a comment."""
    return sorted({n for p in (ROOT / "src").rglob("*.h") for n in re.findall(r"(?:^ \* |\. )([A-Z]\d{1,2}): ", p.read_text(encoding="utf-8"), re.M)})


GUARD = re.compile(r"^\| (S\d+) \| .* \| (.*) \|$", re.M)


def guards():
    """The table of ARCHITECTURE.md that says which tests guard each invariant of the store: the number without a living test is a complaint."""
    stated = set(re.findall(r"^ \* (S\d+): ", (ROOT / "src/store/store.h").read_text(encoding="utf-8"), re.M))
    rows = dict(GUARD.findall((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")))
    out = ["%s has no row in ARCHITECTURE.md" % n for n in sorted(stated - set(rows))] + ["%s is none of store.h" % n for n in sorted(set(rows) - stated)]
    for n, said in rows.items():
        named = re.findall(r"`([\w/.]+): (\w+)`", said)
        out += [] if named and said.count("`") == 2 * len(named) else ["%s names no test, or something else" % n]
        out += [wrong for path, name in named for wrong in guard_trouble(n, path, name)]
    return out


def guard_trouble(n, path, name):
    file = ROOT / "tests" / path
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    if not re.search(r"^(?:TEST\(%s\)|def %s\()" % (name, name), text, re.M):
        return ["%s: there is no test %s in tests/%s" % (n, name, path)]
    return [] if n in re.findall(r"\bS\d+\b", text) else ["%s: tests/%s does not say the number" % (n, path)]


def exceptions():
    rows = [line.split(None, 2) for line in (ROOT / "tests/lists.exceptions").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return {(row[0], row[1]): row[2] if len(row) > 2 else "" for row in rows}


def missing(l, said):
    rows = list(re.finditer(l.row, (ROOT / l.path).read_text(encoding="utf-8"), re.M))
    return rows, [m[l.name] for m in rows if not l.knows(m, said)]


def haste():
    """Waits that call a thing wrong before a minute is over: on a busy machine it is only late."""
    soon = re.compile(r"^ *(?:until|deadline) = time\.(?:time|monotonic)\(\) \+ (?:[1-9]|[1-5]\d)$", re.M)
    files = [*sorted((ROOT / "tests").rglob("*.py")), ROOT / "tests/programs/run"]
    return ["%s: %s" % (p.relative_to(ROOT), m[0].strip()) for p in files for m in soon.finditer(p.read_text(encoding="utf-8"))]


def complaints():
    """{what is asked: [what is wrong]} for tests/documents."""
    said, excused, used, out = tests(), exceptions(), set(), {}
    for l in LISTS:
        rows, unknown = missing(l, said)
        used |= {(l.path, n) for n in unknown}
        out["a test names each of the %s (%s)" % (l.what, l.path)] = ["no test names %s" % n for n in unknown if (l.path, n) not in excused] + ([] if len(rows) > 1 else ["the rows are not found"])
    for w in WALKED:
        source = (ROOT / w.test).read_text(encoding="utf-8")
        out["%s goes through %s" % (w.test, w.path)] = ["it does not say %s" % word for word in w.words if word not in source]
    lists = {str(p.relative_to(ROOT)) for p in (ROOT / "src").rglob("*.def")}
    known = {l.path for l in LISTS if l.path.endswith(".def")} | {w.path for w in WALKED}
    out["every list is known to tests/lists.py"] = sorted("%s is not" % p for p in lists - known) + sorted("%s is gone" % p for p in known - lists)
    uncited = [n for n in invariants() if n not in said.words]
    used |= {("invariant", n) for n in uncited}
    out["a living test guards each invariant of the store"] = guards()
    out["no test gives up before a minute"] = haste()
    out["a test cites every invariant"] = ["no test cites %s" % n for n in uncited if ("invariant", n) not in excused] + ([] if len(invariants()) > 40 else ["they are not found in the headers"])
    out["tests/lists.exceptions speaks of what no test names, with a reason"] = ["%s %s" % e for e in excused if e not in used] + ["%s %s has no reason" % e for e, why in excused.items() if len(why) < 20]
    return out


if __name__ == "__main__":
    wrong = [(what, line) for what, lines in complaints().items() for line in lines]
    for what, line in wrong:
        print("%s: %s" % (what, line))
    sys.exit(1 if wrong else 0)
