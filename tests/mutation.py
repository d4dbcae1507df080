"""tests/mutation.py - small textual mutations of C and of sql.def: where one can be made, and what it makes of the text."""
import collections, pathlib, re

ROOMS = ("jose", "http", "store", "outbound", "login", "oauth", "wire")
# A replacement of text[start:end]; op names its kind.
Site = collections.namedtuple("Site", "file start end new op")

MASKED = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|^[ \t]*#(?:\\\n|[^\n])*', re.S | re.M)
SWAPS = {"&&": "||", "||": "&&", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "&": "|", "|": "&"}
OPENING, CLOSING = "([{", ")]}"
NOTHING_TO_SEE = re.compile(r"explicit_bzero\(|arena_wipe\(|errno = |assert\(")      # statements whose loss nobody outside can tell


def mask(text):
    """The text with comments, strings, characters and preprocessor lines blanked out, at the same offsets."""
    return MASKED.sub(lambda m: re.sub(r"[^\n]", " " if m.group(0)[0] in "/#\t" else "_", m.group(0)), text)


def operand_end(code, at):
    """Behind the operand that begins at `at`: before the next && || ? : , ; or bracket that closes more than was opened."""
    depth = 0
    while at < len(code):
        c = code[at]
        if c in OPENING:
            depth += 1
        elif c in CLOSING:
            depth -= 1
        if depth < 0 or (depth == 0 and (c in "?:,;" or code[at:at + 2] in ("&&", "||"))):
            return at
        at += 1
    return at


def behind(code, at):
    """Behind the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(code)):
        depth += (code[i] in OPENING) - (code[i] in CLOSING)
        if depth == 0:
            return i + 1
    return len(code)


# --- C: each yields (start, end, new) -------------------------------------------------------------------------------------------------

def conditions(code, text):
    for m in re.finditer(r"\bif (?=\()", code):
        end = behind(code, m.end())
        yield m.end(), end, "(!%s)" % text[m.end():end]


def operators(code, text):
    for m in re.finditer(r"(?<=[ \t])(&&|\|\||<=|>=|==|!=|<|>|\+|-|&|\|)(?= )", code):
        yield m.start(), m.end(), SWAPS[m.group(0)]


def negations(code, text):
    for m in re.finditer(r"(?<![\w)\]])!(?=[\w(*])", code):
        yield m.start(), m.end(), ""


def operands(code, text):
    """Drop one question of a chain: the operator with what stands behind it."""
    for m in re.finditer(r"(?:&&|\|\|)\s+", code):
        yield m.start(), operand_end(code, m.end()), ""


def numbers(code, text):
    for m in re.finditer(r"(?<![\w.])(?<!\{ )(\d+)(?![\w.])", code):
        head = re.match(r"\w[^=;{]*\(", code[code.rfind("\n", 0, m.start()) + 1:m.start()])
        if not head:                            # the size in a parameter's brackets means nothing to C
            yield m.start(), m.end(), str(int(m.group(0), 10) + 1)
    for m in re.finditer(r"^#define \w+ +\(?(\d+)\b", text, re.M):
        yield m.start(1), m.end(1), str(int(m.group(1), 10) + 1)


def booleans(code, text):
    for m in re.finditer(r"\b(true|false)\b", code):
        yield m.start(), m.end(), "false" if m.group(0) == "true" else "true"


def branches(code, text):
    """a ? b : c becomes a ? c : b."""
    for m in re.finditer(r" \? ", code):
        middle = operand_end(code, m.end())
        end = operand_end(code, middle + 1) if code[middle:middle + 1] == ":" else 0
        if end and code[end:end + 1] not in (":", "?"):
            yield m.end(), end, "%s : %s" % (text[middle + 1:end].strip(), text[m.end():middle].strip())


def statements(code, text):
    """Delete a call or an assignment that stands alone on its line."""
    for m in re.finditer(r"(?<=\n)\t+((?:[a-z_]\w*\(|\*?[a-z_][\w.>\[\]-]* (?:[+|&-]?=) |[a-z_][\w.>-]*(?:\+\+|--))[^\n]*;)(?= *\n)", code):
        if code[m.start(1):m.end(1)].count(";") == 1 and not NOTHING_TO_SEE.match(code, m.start(1)):
            yield m.start(1), m.end(1), ";"


def answers(code, text):
    """In a function that returns bool: what it would ask is not asked."""
    for head in re.finditer(r"^(?:static )?bool\n(?=\w)", code, re.M):
        end = code.find("\n}", head.end())
        for m in re.finditer(r"\breturn (?!true;|false;)([^;]*);", code[head.end():end]):
            yield head.end() + m.start(1), head.end() + m.end(1), "true"


IN_C = {"condition": conditions, "operator": operators, "negation": negations, "operand": operands, "number": numbers, "boolean": booleans,
        "branch": branches, "statement": statements, "answer": answers}


# --- statements of the store ------------------------------------------------------------------------------------------------------------

SQL_TERM = r"(?:[\w.]+|\w+\([\w., ']*\)) (?:=|<>|<=|>=|<|>|IS NOT|IS) (?:\?\d*|'[^'\"]*'|[\w.]+)"


def sql_conditions(text):
    for m in re.finditer(r"\b(?:WHERE|AND) (%s)" % SQL_TERM, text):
        yield m.start(1), m.end(1), "(%s OR 1)" % m.group(1)


def sql_comparisons(text):
    for m in re.finditer(r"(?<= )(<=|>=|<|>)(?= \?)", text):
        yield m.start(), m.end(), SWAPS[m.group(0)]


def sql_changes(text):
    for m in re.finditer(r"(?<=SET )(\w+) = ([^,\"]+?)(?=,| WHERE)|(?<=, )(\w+) = (excluded\.\w+)", text):
        name = m.group(1) or m.group(3)
        yield m.start(), m.end(), "%s = %s" % (name, name)


IN_SQL = {"sql-condition": sql_conditions, "sql-comparison": sql_comparisons, "sql-change": sql_changes}
OPERATORS = (*IN_C, *IN_SQL)


# --- a whole tree -----------------------------------------------------------------------------------------------------------------------

def files(root, rooms=ROOMS):
    root = pathlib.Path(root)
    found = [p for r in rooms for p in (root / "src" / r).rglob("*") if p.suffix == ".c" or p.name == "sql.def"]
    return sorted(str(p.relative_to(root)) for p in found)


def sites(root, name):
    """Every mutation of a file, in the order of the text."""
    text = (pathlib.Path(root) / name).read_text(encoding="utf-8")
    if name.endswith(".def"):
        found = [Site(name, s, e, new, op) for op, make in IN_SQL.items() for s, e, new in make(text)]
    else:
        code = mask(text)
        found = [Site(name, s, e, new, op) for op, make in IN_C.items() for s, e, new in make(code, text)]
    return sorted(s for s in found if text[s.start:s.end] != s.new)


def mutate(text, site):
    return text[:site.start] + site.new + text[site.end:]


def line_of(text, site):
    return text.count("\n", 0, site.start) + 1


def change(text, site):
    """The lines that change, before and after, blanks at their ends taken off: what a mutation is known by when lines have moved."""
    start, end = text.rfind("\n", 0, site.start) + 1, text.find("\n", site.end)
    end = len(text) if end < 0 else end
    old, new = text[start:end], text[start:site.start] + site.new + text[site.end:end]
    return " ".join(old.split()), " ".join(new.split())
