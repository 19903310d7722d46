# The list of commands; `make` alone prints it. CMake does the work.
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

PRESET ?= release
JOBS ?= $(shell nproc)
# Tests compute with OpenMP teams of their own.
TEST_JOBS ?= $(JOBS)
# Further arguments of ctest, such as TEST_ARGS='-R tokenizer'.
TEST_ARGS ?=
GRPC_PORT ?= 8470
# Further arguments of bench/run.py, such as BENCH_ARGS='--quick'.
BENCH_ARGS ?=
# What is no whole run does not replace the figures that come with the project.
BENCH_OUTPUT ?= $(if $(BENCH_ARGS),build/bench/report,docs/benchmarks)

BIN := build/$(PRESET)/bin

.PHONY: help
help: ## Print this list
	@echo 'make <command> [PRESET=release|debug|asan|tsan] [JOBS=$(JOBS)]'
	@echo
	@sed -n 's/^\([a-z-]*\):.* ## \(.*\)/  \1|\2/p' $(firstword $(MAKEFILE_LIST)) \
	  | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

.PHONY: demo
demo: setup configure ## Install, build, serve two models, translate, embed
	cmake --build --preset $(PRESET) -j $(JOBS) --target parley-server parley
	tools/demo.sh $(BIN)

.PHONY: serve
serve: setup configure ## Install, build, serve the models on GRPC_PORT until Ctrl-C
	cmake --build --preset $(PRESET) -j $(JOBS) --target parley-server parley
	$(BIN)/parley-server --model_repository=models --grpc_port=$(GRPC_PORT) \
	  --drain_delay=0 \
	  --models=all-MiniLM-L6-v2=.deps/models/all-MiniLM-L6-v2

.PHONY: test
test: setup build ## Install, build all, run all tests (check is one of them)
	ctest --preset $(PRESET) -j $(TEST_JOBS) $(TEST_ARGS)

.PHONY: test-parity
test-parity: setup configure ## Compare tokenizers with Hugging Face's on all of Unicode
	tools/setup.sh --parity
	cmake --build --preset $(PRESET) -j $(JOBS) --target tokenize_lines
	.deps/parity/bin/python tests/parity/run.py \
	  --program build/$(PRESET)/tests/tokenize_lines

.PHONY: docker-test
docker-test: setup build ## Build the image from this build and call it
	ctest --preset $(PRESET) -V -R '^docker_image_test$$' $(TEST_ARGS)

.PHONY: bench
bench: ## Speed beside the best others, growth, quality (release only; BENCH_ARGS)
	tools/setup.sh --bench
	$(MAKE) build PRESET=release
	.deps/bench/bin/python bench/run.py --output=$(BENCH_OUTPUT) $(BENCH_ARGS)

.PHONY: lint
lint: setup configure ## clang-format and clang-tidy on changed files (LINT=all)
	tools/lint.sh build/$(PRESET) $(LINT)

.PHONY: format
format: ## Format all C++ with clang-format
	git ls-files -z --cached --others --exclude-standard '*.cc' '*.h' \
	  | xargs -0 clang-format -i

.PHONY: check
check: ## Check includes, tests, pages and names against the rules
	tools/check_repo.py

.PHONY: setup
setup: ## Install what is needed; quick where all is there
	tools/setup.sh

.PHONY: configure
configure:
	cmake --preset $(PRESET) >/dev/null

.PHONY: build
build: configure ## Build everything
	cmake --build --preset $(PRESET) -j $(JOBS)

.PHONY: clean
clean: ## Delete what was built; .deps stays
	rm -rf build
