"""Every rule of tools/check_repo.py, kept and broken, on small trees."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tools"))

import check_repo  # noqa: E402
from repo_check import tree as tree_lib  # noqa: E402

ARCHITECTURE = """\
# Architecture
<!-- check_repo: folders -->
| Level | Folder | May include | Third party | What it is |
|---|---|---|---|---|
| 0 | `cmake/` | | Abseil | how it is built |
| 0 | `proto/**` | | gRPC | wire |
| 0 | `base/` | | Abseil, POSIX | words |
| 1 | `engine/api/` | `base/` | Abseil | seen by the server |
| 2 | `engine/kernels/` | `engine/kernels/onednn/`, `base/` | Abseil | spans |
| 2 | `engine/kernels/onednn/` | `base/` | Abseil, oneDNN | products |
| 2 | `engine/tokenizer/` | `engine/api/`, `base/` | Abseil, JSON | text |
| 2 | `engine/tokenizer/bridge.cc` | `engine/tokenizer/` | Pieces | bridge |
| 3 | `server/rpc/` | `proto/**`, `base/` | Abseil, gRPC | wire to plain |
| 6 | `server/` | `server/**`, `engine/**`, `proto/**`, `base/` | all | top |
| 7 | `tests/**` | `**` | all | tests |

<!-- check_repo: third party -->
| Name | Headers | CMake targets |
|---|---|---|
| Abseil | `absl/` | `absl::*` |
| POSIX | `unistd.h`, `sys/` | `Threads::*` |
| gRPC | `grpc/`, `grpcpp/` | `gRPC::*` |
| oneDNN | `dnnl*` | `DNNL::*` |
| JSON | `nlohmann/` | `nlohmann_json::*` |
| Pieces | `pieces.h` | `Pieces::*` |
"""


def header(path, *lines):
    guard = "PARLEY_" + path.upper().replace("/", "_").replace(".", "_") + "_"
    body = "".join(line + "\n" for line in lines)
    return (f"// What it is.\n#ifndef {guard}\n#define {guard}\n\n{body}\n"
            f"#endif  // {guard}\n")


def good_tree():
    """Files of a small tree in which nothing is wrong."""
    return {
        "ARCHITECTURE.md": ARCHITECTURE,
        "CMakeLists.txt":
            "include(Rules)\n"
            "foreach(folder proto base engine/api engine/kernels\n"
            "        engine/tokenizer server tests)\n"
            "  if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${folder})\n"
            "    add_subdirectory(${folder})\n"
            "  endif()\n"
            "endforeach()\n",
        "cmake/Rules.cmake":
            "function(parley_library name)\n"
            "  add_library(${name} ${ARG_SOURCES})\nendfunction()\n"
            "add_library(rules OBJECT ${CMAKE_SOURCE_DIR}/cmake/rules.cc)\n"
            "target_link_libraries(rules PRIVATE $<$<BOOL:ON>:absl::base>)\n",
        "cmake/rules.cc": "#include <string>\n",
        "proto/CMakeLists.txt": "add_library(parley_proto STATIC x.proto)\n"
            "target_link_libraries(parley_proto PUBLIC gRPC::grpc++)\n",
        "proto/x.proto": 'syntax = "proto3";\n',
        "base/CMakeLists.txt":
            "parley_library(parley_base\n  SOURCES log.cc\n  HEADERS log.h\n"
            "  DEPS absl::strings)\n",
        "base/log.h": header("base/log.h", "#include <string>"),
        "base/log.cc": '#include "base/log.h"\n\n#include <unistd.h>\n',
        "engine/api/CMakeLists.txt":
            "parley_library(parley_engine_api\n  HEADERS task.h\n"
            "  DEPS parley_base absl::status)\n",
        "engine/api/task.h": header(
            "engine/api/task.h", '#include "absl/status/status.h"',
            '#include "base/log.h"'),
        "engine/kernels/CMakeLists.txt":
            "parley_library(parley_engine_kernels\n"
            "  SOURCES sum.cc onednn/linear.cc\n"
            "  DEPS parley_base DNNL::dnnl)  # Both folders.\n",
        "engine/kernels/sum.cc": "#include <cmath>\n",
        "engine/kernels/onednn/linear.cc": "#include <dnnl.hpp>\n",
        "engine/tokenizer/CMakeLists.txt":
            "set(sources bridge.cc)\nlist(APPEND sources vocabulary.cc)\n"
            "parley_library(parley_engine_tokenizer\n  SOURCES ${sources}\n"
            "  DEPS parley_engine_api Pieces::pieces\n"
            "       nlohmann_json::nlohmann_json)\n",
        "engine/tokenizer/bridge.cc": "#include <pieces.h>\n",
        "engine/tokenizer/vocabulary.cc": '#include "nlohmann/json.hpp"\n',
        "server/CMakeLists.txt":
            "add_subdirectory(rpc)\n"
            "parley_program(parley-server SOURCES main.cc\n"
            "  DEPS parley_server_rpc parley_engine_api)\n",
        "server/main.cc": '#include "server/rpc/wire.h"\n'
            "int main(int argc, char** argv) { return 0; }\n",
        "server/rpc/CMakeLists.txt":
            "parley_library(parley_server_rpc HEADERS wire.h\n"
            "  DEPS parley_proto parley_base)\n",
        "server/rpc/wire.h": header(
            "server/rpc/wire.h", '#include "x.grpc.pb.h"'),
        "tests/CMakeLists.txt":
            "function(mirror_test name)\n"
            "  parley_test(${name} SOURCES ${ARGN} DEPS parley_base)\n"
            "endfunction()\n"
            "mirror_test(log_test base/log_test.cc)\n"
            "foreach(name sum_test onednn/linear_test)\n"
            "  mirror_test(${name} engine/kernels/${name}.cc)\n"
            "endforeach()\n"
            "mirror_test(tokenizer_test engine/tokenizer/bridge_test.cc\n"
            "  engine/tokenizer/vocabulary_test.cc)\n"
            "add_test(NAME script COMMAND bash\n"
            "  ${CMAKE_CURRENT_SOURCE_DIR}/docker/image_test.sh)\n",
        "tests/base/log_test.cc": '#include "base/log.h"\n',
        "tests/engine/kernels/sum_test.cc": "#include <vector>\n",
        "tests/engine/kernels/onednn/linear_test.cc": "#include <dnnl.hpp>\n",
        "tests/engine/tokenizer/bridge_test.cc": "",
        "tests/engine/tokenizer/vocabulary_test.cc": "",
        "tests/docker/image_test.sh": "true\n",
        "docs/examples/call.py": "import grpc\n\nprint(grpc)\n",
        "README.md":
            "# A page\n\nSee `docs/examples/call.py`, `server/` and\n"
            "[the parts](ARCHITECTURE.md#words). `build/x/bin` comes later.\n"
            "\n<!-- example: docs/examples/call.py -->\n"
            "```python\nimport grpc\n\nprint(grpc)\n```\n"
            "\n```sh\ntests/docker/image_test.sh --fast\n```\n",
    }


class CheckRepoTest(unittest.TestCase):

    def findings(self, changes=None):
        """Findings, as text, of the good tree with `changes` (path to text;
        None takes the file away)."""
        files = good_tree()
        files.update(changes or {})
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                if text is not None:
                    file = pathlib.Path(root, path)
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(text)
            _, findings = check_repo.find_all(root)
        return [str(f) for f in findings]

    def changed(self, path, old, new):
        text = good_tree()[path]
        self.assertIn(old, text)
        return {path: text.replace(old, new)}

    def assert_only(self, changes, *parts):
        """One finding, which holds each of `parts`."""
        findings = self.findings(changes)
        self.assertEqual(len(findings), 1, findings)
        for part in parts:
            self.assertIn(part, findings[0])

    def assert_rules_error(self, changes, part):
        with self.assertRaises(tree_lib.RulesError) as raised:
            self.findings(changes)
        self.assertIn(part, str(raised.exception))

    def test_good_tree_has_no_findings(self):
        self.assertEqual(self.findings(), [])

    # Includes.

    def test_include_of_a_folder_not_in_the_row(self):
        self.assert_only(
            self.changed("base/log.cc", "#include <unistd.h>",
                         '#include "engine/api/task.h"'),
            "base/log.cc:3:", "base/ may not include engine/api/task.h")

    def test_include_between_the_server_and_the_inner_engine(self):
        self.assert_only(
            self.changed("server/rpc/wire.h", '#include "x.grpc.pb.h"',
                         '#include "engine/api/task.h"'),
            "server/rpc/wire.h:5:", "may not include engine/api/task.h")

    def test_generated_header_counts_as_proto(self):
        self.assert_only(
            self.changed("base/log.cc", "<unistd.h>", '"x.pb.h"'),
            "base/ may not include x.pb.h")

    def test_third_party_not_in_the_row(self):
        self.assert_only(
            {"engine/kernels/sum.cc": "#include <dnnl.hpp>\n"},
            "engine/kernels/sum.cc:1:", "may not use oneDNN")

    def test_third_party_of_one_file_only(self):
        self.assert_only(
            {"engine/tokenizer/vocabulary.cc": "#include <pieces.h>\n"},
            "may not use Pieces")
        self.assert_only(
            {"engine/tokenizer/bridge.cc": '#include "nlohmann/json.hpp"\n'},
            "may not use JSON")

    def test_unknown_third_party(self):
        self.assert_only(
            {"engine/kernels/sum.cc": "#include <boost/any.hpp>\n"},
            "<boost/any.hpp> belongs to no third party")

    def test_include_of_a_missing_file(self):
        self.assert_only(
            {"engine/kernels/sum.cc": '#include "base/lost.h"\n'},
            "base/lost.h: no such file")

    def test_folder_without_a_row(self):
        self.assert_only(
            {"engine/api/deep/extra.h": header("engine/api/deep/extra.h")},
            "engine/api/deep/extra.h:1:", "no row")

    # Linked libraries.

    def test_library_links_a_folder_not_in_the_row(self):
        self.assert_only(
            self.changed("base/CMakeLists.txt", "absl::strings",
                         "absl::strings parley_engine_api"),
            "base/CMakeLists.txt:1:", "parley_base may not link "
            "parley_engine_api")

    def test_library_links_a_third_party_not_in_the_row(self):
        self.assert_only(
            self.changed("engine/api/CMakeLists.txt", "absl::status",
                         "DNNL::dnnl"),
            "parley_engine_api may not link oneDNN")

    def test_target_link_libraries_counts_too(self):
        text = good_tree()["base/CMakeLists.txt"]
        self.assert_only(
            {"base/CMakeLists.txt": text +
             "target_link_libraries(parley_base PRIVATE gRPC::grpc++)\n"},
            "parley_base may not link gRPC")

    def test_conditional_link_in_an_included_file(self):
        self.assert_only(
            self.changed("cmake/Rules.cmake", "absl::base", "DNNL::dnnl"),
            "cmake/Rules.cmake:4:", "rules may not link oneDNN")

    def test_library_links_something_unknown(self):
        self.assert_only(
            self.changed("base/CMakeLists.txt", "absl::strings", "boost"),
            "links boost, which is neither")

    # What is built.

    def test_source_that_no_target_builds(self):
        self.assert_only(
            {"tests/base/more_test.cc": ""},
            "tests/base/more_test.cc:1: no target builds")
        self.assert_only(
            self.changed("server/CMakeLists.txt", "SOURCES main.cc", ""),
            "server/main.cc:1: no target builds")

    def test_source_in_a_folder_that_is_not_added(self):
        self.assert_only(
            {"tests/extra/odd_test.cc": "",
             "tests/extra/CMakeLists.txt":
                 "parley_test(odd_test SOURCES odd_test.cc)\n"},
            "tests/extra/odd_test.cc:1: no target builds")

    def test_source_in_a_comment_is_not_built(self):
        self.assert_only(
            self.changed("tests/CMakeLists.txt",
                         "mirror_test(log_test", "# mirror_test(log_test"),
            "tests/base/log_test.cc:1: no target builds")

    def test_script_that_ctest_does_not_run(self):
        self.assert_only(
            {"tests/tools/odd_test.py": ""},
            "tests/tools/odd_test.py:1: no CMakeLists.txt runs this test")
        self.assert_only(
            {"tests/tools/odd_test.sh": ""}, "runs this test")

    # Mirrored tests.

    def test_source_without_its_test(self):
        files = self.changed("tests/CMakeLists.txt", "sum_test ", "")
        files["tests/engine/kernels/sum_test.cc"] = None
        self.assert_only(
            files, "engine/kernels/sum.cc:1:",
            "tests/engine/kernels/sum_test.cc is missing")

    def test_program_needs_no_test(self):
        self.assert_only(
            {"server/main.cc": '#include "server/rpc/wire.h"\n'},
            "tests/server/main_test.cc is missing")

    # Names, lengths, guards.

    def test_forbidden_names(self):
        for name in ("docs/utils.md", "docs/string_util.md",
                     "docs/common/a.md"):
            with self.subTest(name):
                self.assert_only({name: ""}, f"{name}:1:", "says nothing")

    def test_names_that_only_contain_a_forbidden_one(self):
        self.assertEqual(self.findings({"docs/utility_commons.md": ""}), [])

    def test_length(self):
        self.assertEqual(self.findings({"docs/long.md": "\n" * 800}), [])
        self.assert_only({"docs/long.md": "\n" * 801},
                         "docs/long.md:801: 801 lines")
        self.assertEqual(self.findings({"docs/data.jsonl": "\n" * 900}), [])

    def test_header_guard(self):
        for old, new in (("PARLEY_BASE_LOG_H_", "PARLEY_LOG_H_"),
                         ("#ifndef", "#ifdef"),
                         ("#endif  // PARLEY_BASE_LOG_H_", "#endif")):
            with self.subTest(new):
                self.assert_only(self.changed("base/log.h", old, new),
                                 "base/log.h:1:", "PARLEY_BASE_LOG_H_")

    def test_header_guard_of_a_highway_file(self):
        guard = "PARLEY_ENGINE_KERNELS_SUM_INL_H_"
        text = (f"#if defined({guard}) == \\\n    defined(HWY_TARGET_TOGGLE)\n"
                f"#ifdef {guard}\n#undef {guard}\n#else\n#define {guard}\n"
                f"#endif\n#endif  // {guard}\n")
        self.assertEqual(
            self.findings({"engine/kernels/sum-inl.h": text}), [])
        self.assert_only(
            {"engine/kernels/sum-inl.h": text.replace("_INL_H_", "_H_")},
            guard)

    # Pages.

    def test_path_in_a_page(self):
        for path in ("server/lost/", "docs/lost.py", "gone/convert.py",
                     "LOST.md", "tests/lost/*.cc"):
            with self.subTest(path):
                self.assert_only({"docs/page.md": f"See `{path}`.\n"},
                                 f"docs/page.md:1: {path} does not exist")

    def test_path_in_a_block(self):
        self.assert_only(
            {"docs/page.md": "```sh\n./tests/docker/gone.sh --flag\n```\n"},
            "docs/page.md:2: tests/docker/gone.sh does not exist")

    def test_path_of_a_link(self):
        self.assertEqual(
            self.findings({"docs/page.md": "[a](../README.md)\n"}), [])
        self.assert_only({"docs/page.md": "[a](README.md)\n"},
                         "README.md does not exist")

    def test_words_that_are_no_paths(self):
        words = ("and/or", "application/json", "absl/status/status.h",
                 "<model>/config.json", "https://example.org/a.md",
                 "/etc/a.sh", "build/release/a.sh", "x.proto", "base/log.cc:3",
                 "Translate/Call", "tests/**", "--models=a/b.md")
        text = "".join(f"`{word}`\n" for word in words)
        self.assertEqual(self.findings({"docs/page.md": text}), [])

    def test_example_that_differs(self):
        self.assert_only(
            {"docs/examples/call.py": "import grpc\n"},
            "README.md:6: the block that follows differs")

    def test_example_without_file_or_block(self):
        marker = "<!-- example: docs/examples/{} -->\n"
        self.assert_only({"docs/page.md": marker.format("lost.py")},
                         "docs/page.md:1: docs/examples/lost.py does not")
        self.assert_only({"docs/page.md": marker.format("call.py") + "text\n"},
                         "no block follows")

    # The rules themselves.

    def test_rules_that_cannot_be_read(self):
        self.assert_rules_error({"ARCHITECTURE.md": None}, "is missing")
        self.assert_rules_error(
            self.changed("ARCHITECTURE.md", "check_repo: folders", "x"),
            "check_repo: folders")
        self.assert_rules_error(
            self.changed("ARCHITECTURE.md", "| Abseil | spans |",
                         "| Abseiling | spans |"), "Abseiling")
        self.assert_rules_error(
            self.changed("ARCHITECTURE.md", "| Abseil | spans |", "| x |"),
            "ARCHITECTURE.md:9")

    def test_row_that_allows_a_higher_level(self):
        self.assert_rules_error(
            self.changed("ARCHITECTURE.md",
                         "| 1 | `engine/api/` | `base/` |",
                         "| 1 | `engine/api/` | `server/rpc/` |"),
            "server/rpc/ (level 3)")

    # The program.

    def test_status_of_the_program(self):
        program = TOP / "tools/check_repo.py"
        with tempfile.TemporaryDirectory() as root:
            run = [sys.executable, str(program), root]
            self.assertEqual(subprocess.run(
                run, capture_output=True, check=False).returncode, 2)
            for path, text in good_tree().items():
                file = pathlib.Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            self.assertEqual(subprocess.run(
                run, capture_output=True, check=False).returncode, 0)
            pathlib.Path(root, "LOST_util.h").write_text("")
            result = subprocess.run(
                run, capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertIn("LOST_util.h:1:", result.stdout)

    def test_files_that_git_ignores_do_not_count(self):
        with tempfile.TemporaryDirectory() as root:
            for path, text in good_tree().items():
                file = pathlib.Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            subprocess.run(["git", "init", "-q", root], check=True)
            pathlib.Path(root, ".gitignore").write_text("/scratch/\n")
            scratch = pathlib.Path(root, "scratch")
            scratch.mkdir()
            (scratch / "my_utils.md").write_text("")
            self.assertEqual(check_repo.find_all(root)[1], [])
            pathlib.Path(root, "my_utils.md").write_text("")
            self.assertEqual(len(check_repo.find_all(root)[1]), 1)


if __name__ == "__main__":
    unittest.main()
