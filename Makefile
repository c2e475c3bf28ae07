# Reach: make, make test, make help.

ifeq ($(origin CC),default)
CC        := gcc
endif
V         ?= @
BUILD     ?= build
OPT       ?= -O3
EXTRA     ?=
WARN      := -Wall -Wextra -Wpedantic -Wshadow -Werror
PACKAGES  := openblas hdf5 yaml-0.1 gsl liblzma zlib libpng libxxhash libcurl libarchive libcrypto
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PKG_LIBS   := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
VERSION   := 0.1
COMMIT    := $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)

# -std=c17 switches FMA contraction off in gcc; -ffp-contract=fast brings it back. It is not fast-math: NaN stays.
CFLAGS   := -std=c17 -D_GNU_SOURCE $(OPT) -g -ffp-contract=fast -fno-math-errno -fopenmp $(WARN) -MMD -MP \
            -Iharness -I. $(PKG_CFLAGS) $(EXTRA)
NAMES    := -DREACH_VERSION='"$(VERSION)"' -DREACH_COMMIT='"$(COMMIT)"'
# A variant knows the hash of its own source: results made by another one are stale.
SOURCE    = $(if $(filter variants/%,$<),-DREACH_SOURCE='"$(firstword $(shell sha1sum $<))"')
LIBS     := $(PKG_LIBS) -lsleef -lm -ldl -fopenmp
# The programs hold the whole library and export it: plugins may call what no command of ours does.
WHOLE     = -rdynamic $(filter %.o,$^) -Wl,--whole-archive $(filter %.a,$^) -Wl,--no-whole-archive

CHECKS   := $(sort $(wildcard harness/check/*.c))
SOURCES  := $(filter-out harness/cli/main.c harness/tensor/kernel/% harness/check/%,$(sort $(shell find harness variants tasks -name '*.c')))
KERNELS  := $(sort $(wildcard harness/tensor/kernel/*.c))
ifeq ($(shell uname -m),x86_64)
ISAS     := plain avx2 avx512
endif
ISAS     ?= plain
ISA_avx2   := -mavx2 -mfma
ISA_avx512 := -mavx512f -mavx512dq -mavx512bw -mavx512vl -mavx2 -mfma -mprefer-vector-width=512
LANES_plain := 4
LANES_avx2  := 8
LANES_avx512 := 16

FLOAT_OBJECTS  := $(SOURCES:%.c=$(BUILD)/float/%.o) $(foreach i,$(ISAS),$(KERNELS:%.c=$(BUILD)/float/$(i)/%.o))
DOUBLE_OBJECTS := $(SOURCES:%.c=$(BUILD)/double/%.o) $(KERNELS:%.c=$(BUILD)/double/plain/%.o)

REF_SOURCES := $(sort $(wildcard tests/ref/*.c))
REF_OBJECTS := $(REF_SOURCES:%.c=$(BUILD)/double/%.o) $(CHECKS:%.c=$(BUILD)/double/%.o)
TESTS_DOUBLE := $(patsubst tests/%.c,$(BUILD)/tests/%,$(filter-out %_float.c,$(sort $(wildcard tests/test_*.c))))
TESTS_FLOAT  := $(patsubst tests/%.c,$(BUILD)/tests/%,$(sort $(wildcard tests/test_*_float.c)))

all: $(BUILD)/reach $(BUILD)/reach64      ## build reach (float) and reach64 (double)
	@[ "$(BUILD)" != build ] || ln -sf build/reach reach

$(BUILD)/reach: $(BUILD)/float/harness/cli/main.o $(BUILD)/float/libreach.a
	$(V)echo "  CC $@"
	$(V)$(CC) $(EXTRA) -o $@ $(WHOLE) $(LIBS)
$(BUILD)/reach64: $(BUILD)/double/harness/cli/main.o $(REF_OBJECTS) $(BUILD)/double/libreach.a
	$(V)echo "  CC $@"
	$(V)$(CC) $(EXTRA) -o $@ $(WHOLE) $(LIBS)
$(BUILD)/float/libreach.a: $(FLOAT_OBJECTS)
	$(V)rm -f $@ && ar rcs $@ $^
$(BUILD)/double/libreach.a: $(DOUBLE_OBJECTS)
	$(V)rm -f $@ && ar rcs $@ $^

define kernel_rules
$(BUILD)/float/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(V)echo "  CC $$@"
	$$(V)$$(CC) $$(CFLAGS) -DKERNEL=$(1) -DLANES=$$(LANES_$(1)) $$(ISA_$(1)) -c -o $$@ $$<
endef
$(foreach i,$(ISAS),$(eval $(call kernel_rules,$(i))))
$(BUILD)/double/plain/%.o: %.c
	@mkdir -p $(@D)
	$(V)echo "  CC $@"
	$(V)$(CC) $(CFLAGS) -DREACH_DOUBLE -DKERNEL=plain -DLANES=2 -c -o $@ $<

$(BUILD)/float/%.o: %.c
	@mkdir -p $(@D)
	$(V)echo "  CC $@"
	$(V)$(CC) $(CFLAGS) $(NAMES) $(SOURCE) -c -o $@ $<
$(BUILD)/double/%.o: %.c
	@mkdir -p $(@D)
	$(V)echo "  CC $@"
	$(V)$(CC) $(CFLAGS) -DREACH_DOUBLE $(NAMES) $(SOURCE) -c -o $@ $<

# The commit is compiled into one object, and that one again only when the commit is another.
$(BUILD)/commit: always
	@mkdir -p $(@D) && { echo '$(COMMIT)' | cmp -s - $@ || echo '$(COMMIT)' > $@; }
$(BUILD)/float/harness/train/environment.o $(BUILD)/double/harness/train/environment.o: $(BUILD)/commit

# tests/test_NAME.c runs against the double library, tests/test_NAME_float.c against the float one.
$(TESTS_DOUBLE): $(BUILD)/tests/%: tests/%.c $(REF_OBJECTS) $(BUILD)/double/libreach.a
	@mkdir -p $(@D)
	$(V)echo "  CC $@"
	$(V)$(CC) $(CFLAGS) -DREACH_DOUBLE -Itests -o $@ $< $(REF_OBJECTS) $(BUILD)/double/libreach.a $(LIBS) -lcmocka
$(TESTS_FLOAT): $(BUILD)/tests/%: tests/%.c $(BUILD)/float/libreach.a
	@mkdir -p $(@D)
	$(V)echo "  CC $@"
	$(V)$(CC) $(CFLAGS) -Itests -o $@ $< $(BUILD)/float/libreach.a $(LIBS) -lcmocka

# What a plugin needs to be built; `reach new NAME --plugin` writes its Makefile.
PREFIX   ?= /usr/local
PLACE     = $(DESTDIR)$(PREFIX)
HEADERS  := base/arena base/option base/random base/real base/status model/builder model/options model/pass \
            tensor/kernel tensor/ops tensor/pack tensor/tape
define PC
prefix=$(PREFIX)
includedir=$${prefix}/include/reach

Name: reach
Description: how far does attention reach? Headers for attentions of your own
Version: $(VERSION)
Cflags: -I$${includedir} -std=c17 -D_GNU_SOURCE -O3 -ffp-contract=fast -fno-math-errno -fPIC -fvisibility=hidden -DREACH_AS_PLUGIN
endef
export PC

install: all                              ## programs, headers for plugins, plots and configs below PREFIX=/usr/local (DESTDIR)
	install -d $(PLACE)/bin $(PLACE)/lib/pkgconfig $(PLACE)/share/reach/plots $(PLACE)/share/reach/configs $(PLACE)/share/reach/variants/attention
	install -d $(addprefix $(PLACE)/include/reach/,base model tensor variants/attention)
	install $(BUILD)/reach $(BUILD)/reach64 $(PLACE)/bin
	install -m 644 plots/*.gp $(PLACE)/share/reach/plots
	install -m 644 configs/*.yaml $(PLACE)/share/reach/configs
	install -m 644 variants/plugin.mk $(PLACE)/share/reach/variants
	install -m 644 variants/attention/template.c $(PLACE)/share/reach/variants/attention
	for h in $(HEADERS); do install -m 644 harness/$$h.h $(PLACE)/include/reach/$$h.h || exit 1; done
	install -m 644 variants/variant.h variants/plugin.h $(PLACE)/include/reach/variants
	install -m 644 variants/attention/*.h $(PLACE)/include/reach/variants/attention
	echo "$$PC" > $(PLACE)/lib/pkgconfig/reach.pc
uninstall:                                ## remove what install put there
	rm -rf $(PLACE)/bin/reach $(PLACE)/bin/reach64 $(PLACE)/include/reach $(PLACE)/share/reach $(PLACE)/lib/pkgconfig/reach.pc

# Before the first compiler error: which packages are missing. NO_CHECK=1 for those who have the libraries from elsewhere.
check-packages:
	@[ -n "$(NO_CHECK)" ] || ./run.sh --check

test: all $(TESTS_DOUBLE) $(TESTS_FLOAT)  ## build and run every test
	@BUILD=$(BUILD) tests/run.sh $(TESTS_DOUBLE) $(TESTS_FLOAT)

asan:                                     ## the same tests under address and undefined sanitizers
	$(MAKE) test BUILD=build-asan OPT=-O1 EXTRA="-fsanitize=address,undefined -fno-omit-frame-pointer" LSAN_OPTIONS=
clang:                                    ## the same tests built with clang
	$(MAKE) test BUILD=build-clang CC=clang

# tests/fuzz/NAME.c against the double library, everything under clang's sanitizers.  No file is mapped: see tests/fuzz/fuzz.h.
FUZZ_SECONDS ?= 600
FUZZ_TARGETS ?= $(patsubst tests/fuzz/%.c,%,$(sort $(wildcard tests/fuzz/*.c)))
fuzz:                                     ## every parser under libFuzzer: FUZZ_SECONDS=600 each, FUZZ_TARGETS="idx corpus"
	@$(MAKE) --no-print-directory run-fuzz BUILD=build-fuzz CC=clang OPT=-O1 \
	    EXTRA="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-pass-failed"
run-fuzz: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz/run.sh $^
$(BUILD)/fuzz/%: tests/fuzz/%.c $(BUILD)/double/libreach.a
	@mkdir -p $(@D)
	$(V)echo "  CC $@"
	$(V)$(CC) $(CFLAGS) -DREACH_DOUBLE -Itests -fsanitize=fuzzer -Wl,--wrap=file_map -o $@ $< $(BUILD)/double/libreach.a $(LIBS)

bench-peer: all                           ## training steps against PyTorch's (needs Debian's python3-torch)
	@/usr/bin/python3 tests/peer/bench_peer.py --reach $(BUILD)/reach $(PEER_ARGS)

clean:                                    ## remove what was built
	rm -rf build build-asan build-clang build-fuzz reach

help:                                     ## this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1 \2/p' $(MAKEFILE_LIST)

# Order-only: the check comes before any object and makes none out of date.
$(FLOAT_OBJECTS) $(DOUBLE_OBJECTS) $(REF_OBJECTS) $(BUILD)/float/harness/cli/main.o $(BUILD)/double/harness/cli/main.o: | check-packages

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: always all test install uninstall check-packages asan clang fuzz run-fuzz bench-peer clean help
.SECONDARY:
