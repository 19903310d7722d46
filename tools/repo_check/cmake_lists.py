"""Reads CMakeLists.txt files as far as the checks need: which target builds
which sources, and what it links.

Follows add_subdirectory from the top and include into cmake/, sets and appends
lists, runs foreach, and calls functions that a CMakeLists.txt defines; those of
cmake/, parley_library and its kind, it knows. Every branch of an if is taken.
What it does not know (file(GLOB), say) it leaves alone.
"""

import dataclasses
import posixpath
import re

_TOKEN = re.compile(
    r'#[^\n]*|(?P<quoted>"(?:\\.|[^"\\])*")|(?P<paren>[()])'
    r'|(?P<word>[^\s()"#]+)|(?P<newline>\n)|\s')
_KEYWORDS = {
    "SOURCES", "HEADERS", "DEPS", "LABELS", "PUBLIC", "PRIVATE", "INTERFACE",
}
_NOT_TARGETS = {"parley_options"}
_CONDITIONAL = re.compile(r"^\$<.*>:(.+)>$")
_BLOCK_ENDS = {"foreach": "endforeach", "function": "endfunction",
               "macro": "endmacro"}


@dataclasses.dataclass
class Target:
    name: str
    path: str  # Of the CMakeLists.txt or the file of cmake/.
    line: int
    sources: list = dataclasses.field(default_factory=list)  # From the top.
    deps: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Build:
    targets: dict = dataclasses.field(default_factory=dict)  # By name.
    mentioned: set = dataclasses.field(default_factory=set)  # Files, any use.


@dataclasses.dataclass(frozen=True)
class _Command:
    name: str
    args: tuple  # (text, was quoted)
    line: int


def _parse(text):
    commands, name, args, depth, line = [], None, [], 0, 1
    start = 1
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        value = token.group()
        if kind == "paren":
            depth += 1 if value == "(" else -1
            if value == ")" and depth == 0 and name is not None:
                commands.append(_Command(name.lower(), tuple(args), start))
                name, args = None, []
        elif kind in ("word", "quoted"):
            if depth == 0:
                name, start = value, line
            elif kind == "quoted":
                args.append((value[1:-1], True))
            else:
                args.append((value, False))
        line += value.count("\n")
    return commands


class _Reader:

    def __init__(self, tree):
        self.tree = tree
        self.build = Build()
        self.functions = {}
        self.path = ""  # Of the file being read.

    def read_folder(self, folder, variables):
        path = posixpath.join(folder, "CMakeLists.txt")
        self.read_file(path, folder, dict(variables))

    def read_file(self, path, folder, variables):
        if path not in self.tree.file_set:
            return
        outer, self.path = self.path, path
        commands = _parse("\n".join(self.tree.lines(path)) + "\n")
        self.run(commands, folder, variables)
        self.path = outer

    def expand(self, args, folder, variables):
        known = {
            "CMAKE_SOURCE_DIR": ["/"], "PROJECT_SOURCE_DIR": ["/"],
            "CMAKE_CURRENT_SOURCE_DIR": ["/" + folder],
            "CMAKE_CURRENT_LIST_DIR": ["/" + folder], **variables}

        def value(match):
            items = known.get(match.group(1))
            return match.group() if items is None else ";".join(items)

        expanded = []
        for text, quoted in args:
            text = re.sub(r"\$\{(\w+)\}", value, text)
            expanded += [text] if quoted else [t for t in text.split(";") if t]
        return expanded

    def run(self, commands, folder, variables):
        position = 0
        while position < len(commands):
            command = commands[position]
            position += 1
            if command.name in _BLOCK_ENDS:
                end = self.block_end(commands, position, command.name)
                self.run_block(
                    command, commands[position:end], folder, variables)
                position = end + 1
            else:
                self.run_command(command, folder, variables)

    def block_end(self, commands, position, name):
        depth = 1
        while position < len(commands):
            if commands[position].name == name:
                depth += 1
            elif commands[position].name == _BLOCK_ENDS[name]:
                depth -= 1
                if depth == 0:
                    break
            position += 1
        return position

    def run_block(self, command, body, folder, variables):
        args = self.expand(command.args, folder, variables)
        if command.name != "foreach":
            if not self.path.startswith("cmake/"):
                self.functions[args[0].lower()] = (args[1:], body)
            return
        variable, items = args[0], args[1:]
        if items[:2] == ["IN", "LISTS"]:
            items = [i for name in items[2:] for i in variables.get(name, [])]
        elif items[:2] == ["IN", "ITEMS"]:
            items = items[2:]
        for item in items:
            variables[variable] = [item]
            self.run(body, folder, variables)

    def run_command(self, command, folder, variables):
        args = self.expand(command.args, folder, variables)
        self.mention(args, folder)
        name = command.name
        if name in self.functions:
            parameters, body = self.functions[name]
            inner = dict(variables, ARGN=args[len(parameters):])
            inner.update((p, [a]) for p, a in zip(parameters, args))
            self.run(body, folder, inner)
        elif name == "set" and args:
            variables[args[0]] = args[1:]
        elif name == "list" and args[:1] == ["APPEND"]:
            variables[args[1]] = variables.get(args[1], []) + args[2:]
        elif name == "include" and args:
            self.read_file(f"cmake/{args[0]}.cmake", folder, variables)
        elif name == "add_subdirectory" and args:
            self.read_folder(posixpath.normpath(
                posixpath.join("/" + folder, args[0])).lstrip("/"), variables)
        elif name in ("add_library", "add_executable", "target_sources",
                      "target_link_libraries") or name.startswith("parley_"):
            self.add_to_target(command, args, folder)

    def mention(self, args, folder):
        for arg in args:
            for base in ("/" + folder, "/"):
                path = posixpath.normpath(posixpath.join(base, arg)).lstrip("/")
                if path in self.tree.file_set:
                    self.build.mentioned.add(path)

    def add_to_target(self, command, args, folder):
        if not args or "IMPORTED" in args:  # A third party's.
            return
        target = self.build.targets.setdefault(
            args[0], Target(args[0], self.path, command.line))
        section = ("DEPS" if command.name == "target_link_libraries"
                   else "SOURCES")
        for arg in args[1:]:
            if arg in _KEYWORDS:
                if command.name != "target_link_libraries":
                    section = arg
            elif section == "DEPS":
                dep = _CONDITIONAL.sub(r"\1", arg)
                if dep not in _NOT_TARGETS:
                    target.deps.append(dep)
            elif section != "LABELS":
                source = posixpath.normpath(
                    posixpath.join("/" + folder, arg)).lstrip("/")
                if source in self.tree.file_set:
                    target.sources.append(source)


def read(tree):
    reader = _Reader(tree)
    reader.read_folder("", {})
    return reader.build
