"""tests/sentences.py - what an operator reads has both languages: src/base/sentences.def against the sources. Used by tests/documents.

A sentence of the sources is a text with a small English word in it, or a format that one of SAYERS prints. It has a row; the conversions of
both languages agree; no row is left over. What is no operator's: UNSAID.
"""
import functools, pathlib, re

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[A-Za-z_]\w*|\s+|.', re.S)
CONVERSION = re.compile(r"%%|%[-+ #0]*(?:\*|\d+)?(?:\.(?:\*|\d+))?(?:hh|h|ll|l|z|j|t)?[a-zA-Z]")
# Functions that print a format in the operator's language, and which arguments are said.
SAYERS = {"say": (0,), "SAY": (0,), "arena_say": (1,), "log_at": (1,), "log_debug": (0,), "log_info": (0,), "log_warn": (0,), "log_error": (0,),
          "log_lines": (1,), "complain": (1,), "conf_complain": (2,), "job_refuse": (2, 3), "job_warn": (3,), "refuse_why": (1,),
          "tree_refuse": (3,), "talk_down": (1, 2), "no_user": (2,), "dropped_record": (3,), "talk_down_code": (1,),
          "REASON": (3,), "SCHEMA_WORD": (3,), "FAULT": (1,), "DAEMON_OPTION": (3,)}
# Texts for programs, clients and tests: the wire's own, templates, statements, and a page that is written in both languages by itself.
UNSAID = re.compile(r"^src/(?:oauth/decoupled/ciba(?:_request)?\.c|oauth/client/register_(?:judge|redirect|sector|statement)\.c|wire/dialect/|wire/custom/(?:yaml|show|bodies|errors)\.c|wire/paper\.c|wire/demo\.c|conf/manual\.c|page/compile_text\.c|hufu/(?:help|completion)\.c|admin/metrics|shadow/mirror\.c)")
# What the system or a library said is compared with such texts; a body that ends with a line feed is for a client.
COMPARED = ("str_starts", "str_contains", "str_is", "_Static_assert", "static_assert", "assert")
SMALL = re.compile(r"(?<![\w`.:/_-])(?:an?|the|is|are|no|not|of|to|cannot|must|has|have|in|for|by|it|this|there|too|than|with|its|be|was|were|or|and|failed|needs|already|more|which|that|from|at|on)(?![\w`:/_=-])")
CODE = re.compile(r"^\s*(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|PRAGMA|BEGIN|SET|AND|FROM|WHERE|\') |^[\w:;=\[\]{}\"% .+/()-]*\{[so]|^\d")


@functools.lru_cache(maxsize=None)
def literals(source):
    """(line, function, argument, text) of each string; neighbours are one string; S(...) that is compared counts as an argument of what compares."""
    stack, found, line, current, before = [], [], 1, None, ""
    for token in TOKEN.findall(source):
        at, line = line, line + token.count("\n")
        if token.isspace() or token.startswith(("/*", "//")):
            continue
        if token[0] == '"' and len(token) > 1:
            if current:
                current[3] += token[1:-1]
            else:
                function, argument = stack[-1] if stack else ("", 0)
                outer = stack[-2][0] if len(stack) > 1 else ""
                current = [at, outer if function == "S" and outer in COMPARED else function, argument, token[1:-1]]
            continue
        if current:
            found.append(tuple(current))
            current = None
        if token == "(":
            stack.append([before if re.match(r"[A-Za-z_]", before) else "", 0])
        elif token == ")" and stack:
            stack.pop()
        elif token == "," and stack:
            stack[-1][1] += 1
        elif token == ";":
            stack = []
        before = token
    return found


def rows():
    """[(English, Chinese)] of sentences.def."""
    source, out = (ROOT / "src/base/sentences.def").read_text(encoding="utf-8"), {}
    for _, function, argument, text in literals(source):
        if function == "SENTENCE":
            out.setdefault(argument, []).append(text)
    return list(zip(out.get(0, []), out.get(1, [])))


def is_sentence(text):
    plain = CONVERSION.sub(" ", text)
    return len(re.findall(r"[A-Za-z]{2,}", plain)) >= 3 and bool(SMALL.search(plain)) and not CODE.search(text)


def has_words(text):
    """A format of conversions, names in backquotes and marks alone says nothing in any language."""
    plain = re.sub(r"`[^`]*`|[\w.]+:|\w+[_.]\w+|https?://\S+|\\.", " ", CONVERSION.sub(" ", text))
    return re.search(r"(?<![A-Za-z])[a-z]{2,}", plain) is not None


def sources():
    return [p for p in sorted((ROOT / "src").rglob("*")) if (p.suffix in (".c", ".h") or p.name in ("reasons.def", "hufud.def")) and not UNSAID.match(str(p.relative_to(ROOT)))]


def without_rows(known):
    for p in sources():
        name = str(p.relative_to(ROOT))
        for line, function, argument, text in literals(p.read_text(encoding="utf-8")):
            said = argument in SAYERS.get(function, ()) and has_words(text)
            body = function == "S" and text.endswith("\\n")
            if (said or is_sentence(text) and not body and function not in COMPARED) and text not in known:
                yield "%s:%d: \"%s\" has no row in src/base/sentences.def" % (name, line, text)


def unsaid_sentences():
    """S("...") and arena_printf print in English alone: a sentence goes through SAY and arena_say."""
    for p in sources():
        name = str(p.relative_to(ROOT))
        for line, function, argument, text in literals(p.read_text(encoding="utf-8")):
            if is_sentence(text) and (function == "S" and not text.endswith("\\n") or function == "arena_printf" and argument == 1):
                yield "%s:%d: say it by %s: \"%s\"" % (name, line, "SAY" if function == "S" else "arena_say", text)


def unlike(pairs):
    for en, zh in pairs:
        if CONVERSION.findall(en) != CONVERSION.findall(zh):
            yield "\"%s\": the Chinese row converts %s, not %s" % (en, CONVERSION.findall(zh), CONVERSION.findall(en))
        if en[-2:] == "\\n" and zh[-2:] != "\\n" or en[-2:] != "\\n" and zh[-2:] == "\\n":
            yield "\"%s\": one of the two ends with a line feed" % en
        if not re.search(r"[\u4e00-\u9fff]", zh) and not has_words(en):
            yield "\"%s\" says nothing" % en
        elif not re.search(r"[\u4e00-\u9fff\u3000-\u303f\uff00-\uffef]", zh):
            yield "\"%s\" is not in Chinese" % en


def left_over(pairs):
    """What the system and the YAML library say is no text of ours."""
    table = (ROOT / "src/base/sentences.def").read_text(encoding="utf-8")
    ours = table[:table.index("/* what the system and the YAML library say */")]
    used = {text for p in (ROOT / "src").rglob("*") if p.suffix in (".c", ".h", ".def") and p.name != "sentences.def" for _, _, _, text in literals(p.read_text(encoding="utf-8"))}
    for en, _ in pairs:
        if en not in used and '"%s"' % en.split("\\n")[0] in ours.replace("\\n", '"'):
            yield "no source says \"%s\"" % en


def twice(pairs):
    english = [en for en, _ in pairs]
    return sorted({"\"%s\" has two rows" % en for en in english if english.count(en) > 1})


def complaints():
    pairs = rows()
    known = {en for en, _ in pairs}
    return {"there are sentences": [] if len(pairs) > 600 else ["%d rows" % len(pairs)],
            "every sentence for the operator has its row": list(without_rows(known)),
            "every sentence goes through the table": list(unsaid_sentences()),
            "both languages of a sentence print the same arguments": list(unlike(pairs)),
            "no sentence has two rows": twice(pairs),
            "no row of sentences.def is left over": list(left_over(pairs))}


if __name__ == "__main__":
    for what, said in complaints().items():
        for line in said:
            print("%s: %s" % (what, line))
