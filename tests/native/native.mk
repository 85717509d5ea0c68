# The core under sanitizers, against itself in wasm, and against libFuzzer.

CASES := $(wildcard tests/native/cases*.c) tests/native/differential.c
CASE_HEADERS := tests/native/cases.h $(HEADERS)

build/native/differential: $(CASES) $(CASE_HEADERS) $(NATIVE_OBJECTS)
	$(CLANG) $(NATIVE_FLAGS) $(CASES) $(NATIVE_OBJECTS) -lm -o $@

build/wasm/differential.wasm: $(CASES) $(CASE_HEADERS) $(WASM_OBJECTS)
	$(EMCC) -O2 $(WASM_FLAGS) $(CASES) $(WASM_OBJECTS) $(LINK_FLAGS) -sINITIAL_MEMORY=33554432 -o $@

.PHONY: differential
differential: build/native/differential build/wasm/differential.wasm
	node tests/native/differential.js $^

FUZZERS := $(patsubst tests/native/%.c,build/fuzz/%,$(wildcard tests/native/fuzz_*.c))
FUZZ_FLAGS := $(NATIVE_FLAGS) -fsanitize=fuzzer-no-link
FUZZ_OBJECTS := $(SOURCES:src/%.c=build/fuzz/core/%.o)

build/fuzz/core/%.o: src/%.c build/flags
	@mkdir -p $(@D)
	$(CLANG) $(FUZZ_FLAGS) -MMD -MP -c $< -o $@

build/fuzz/fuzz_%: tests/native/fuzz_%.c tests/native/fuzz.h $(HEADERS) $(FUZZ_OBJECTS)
	$(CLANG) $(NATIVE_FLAGS) -fsanitize=fuzzer $< $(FUZZ_OBJECTS) -lm -o $@

.SECONDARY: $(FUZZ_OBJECTS)

fuzz: $(FUZZERS)

# What a run finds new is kept in build/fuzz/NAME.corpus, and the next one begins there.
SECONDS ?= 20
.PHONY: fuzz-run
fuzz-run: fuzz
	@set -e; for fuzzer in $(FUZZERS); do \
		mkdir -p $$fuzzer.corpus; \
		$$fuzzer -max_total_time=$(SECONDS) -max_len=4096 -timeout=20 -detect_leaks=0 -entropic_scale_per_exec_time=1 -print_final_stats=1 \
			-artifact_prefix=$$fuzzer. $$fuzzer.corpus >$$fuzzer.log 2>&1 || { tail -n 100 $$fuzzer.log; exit 1; }; \
		sed -n "s|^stat::number_of_executed_units: |$$fuzzer: clean, executions: |p" $$fuzzer.log; \
	done

native-test: differential
	@$(MAKE) --no-print-directory -f emscripten.mk fuzz-run SECONDS=5
