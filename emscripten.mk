# make -f emscripten.mk              js/fovea.wasm
# make -f emscripten.mk native-test  the same sources through SIMDe, under ASan and UBSan, compared with the wasm
# make -f emscripten.mk fuzz         libFuzzer targets: build/fuzz/NAME
# make -f emscripten.mk fuzz-run     each of them for SECONDS=20
# make -f emscripten.mk clean

EMCC ?= $(if $(shell command -v emcc),emcc,$(EMSDK)/upstream/emscripten/emcc)
CLANG ?= clang

SOURCES := $(wildcard src/*.c)
HEADERS := $(wildcard src/*.h include/fovea/*.h)

# No contraction and no autovectorisation: the same bits everywhere, and clang-14's SLP
# vectoriser produces wasm that is miscompiled. These flags come after -O: a later -O undoes them.
COMMON := -std=c99 -Iinclude -ffp-contract=off -fno-math-errno -fno-vectorize -fno-slp-vectorize \
	-Wall -Wextra -Wshadow -Wno-unknown-pragmas

# Where little time is spent, size counts.
SMALL := align argmax argmax_merge argmax_refine blazepose costmap_march costmap_splat geometry geometry_find geometry_model grid grid_tps heatmap heatmap_field heatmap_place heatmap_spread linear linear_solve loss match match_softmax metric paf paf_axis path path_optimizer path_spline resize sample_maps taps target target_code target_field tensor track
$(SMALL:%=build/wasm/%.o): OPTIMISE := -Os
OPTIMISE ?= -O3

WASM_FLAGS := $(COMMON) -DNDEBUG -msimd128 -mnontrapping-fptoint -mbulk-memory -msign-ext
# The stack lies below the data, so that an overflow traps instead of overwriting it. The core
# does not allocate: memory past __heap_base is the caller's.
LINK_FLAGS := --no-entry -sSTANDALONE_WASM -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=2147483648 -sINITIAL_MEMORY=1048576 \
	-sTOTAL_STACK=65536 -Wl,--stack-first -Wl,--export=__heap_base

WASM_OBJECTS := $(SOURCES:src/%.c=build/wasm/%.o)
NATIVE_FLAGS := -O1 $(COMMON) -Werror -g -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all -fno-omit-frame-pointer
NATIVE_OBJECTS := $(SOURCES:src/%.c=build/native/%.o)

.PHONY: all native native-test fuzz clean
all: js/fovea.wasm

# Objects follow the headers they include, and the flags.
FLAGS := $(WASM_FLAGS) | $(NATIVE_FLAGS)
$(shell mkdir -p build && echo '$(FLAGS)' | cmp -s - build/flags || echo '$(FLAGS)' >build/flags)
-include $(wildcard build/wasm/*.d build/native/*.d build/fuzz/core/*.d)

js/fovea.wasm: $(WASM_OBJECTS)
	$(EMCC) -O3 $(LINK_FLAGS) $^ -o $@

build/wasm/%.o: src/%.c build/flags
	@mkdir -p $(@D)
	$(EMCC) $(OPTIMISE) $(WASM_FLAGS) -MMD -MP -c $< -o $@

build/native/%.o: src/%.c build/flags
	@mkdir -p $(@D)
	$(CLANG) $(NATIVE_FLAGS) -MMD -MP -c $< -o $@

native: $(NATIVE_OBJECTS)

include $(wildcard tests/native/native.mk)

clean:
	rm -rf build js/fovea.wasm
