# The wasm yardsticks of the bench. Usage: make -f bench/limits.mk
EMCC ?= $(if $(shell command -v emcc),emcc,$(EMSDK)/upstream/emscripten/emcc)

build/limits.wasm: bench/limits.c bench/limits.mk
	@mkdir -p build
	$(EMCC) -O3 -std=gnu11 -msimd128 -mnontrapping-fptoint -mbulk-memory -ffp-contract=off -fno-slp-vectorize -fno-vectorize \
	  --no-entry -sSTANDALONE_WASM -sINITIAL_MEMORY=67108864 -sTOTAL_STACK=65536 $< -o $@
