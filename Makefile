# make               build/release/hufud and hufu
# make MODE=asan     the same with AddressSanitizer and UBSan; MODE=tsan with ThreadSanitizer; MODE=cov for tests/coverage
# make MODE=asan test/ROOM   build the unit tests of one room: build/asan/test_ROOM
# make layers        check that rooms include only lower rooms
# make circles       check that the files of a room do not call each other in a circle
# make install       below prefix=/usr/local, settings in sysconfdir; DESTDIR=DIR for a package: packaging/install.mk
# make deb           a Debian package for this machine's release: build/deb/hufu_VERSION_ARCH.deb
MODE  ?= release
B     := build/$(MODE)
CC    ?= cc
VERSION ?= $(shell cat VERSION)
ROOMS := base jose http page store sql outbound probe shadow keys login upstream oauth wire conf metrics manage admin import setup

CSTD   := -std=c11 -D_GNU_SOURCE -Isrc -I$(B)/gen
WARN   := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla -Wformat=2 -Wundef \
          -Wpointer-arith -Wwrite-strings -Wimplicit-fallthrough -Wno-missing-field-initializers -Werror
HARD   := -fstack-protector-strong -fPIE -fvisibility=hidden
OPT_release := -O2 -g -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 $(HARD)
OPT_asan    := -O1 -g1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
OPT_fuzz    := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined
LINK_fuzz   := -fsanitize=fuzzer
OPT_cov     := -O1 -g -fno-inline --coverage -Wno-maybe-uninitialized
OPT_tsan    := -O1 -g1 -fno-omit-frame-pointer -fsanitize=thread
LINK_release := -pie -Wl,-z,relro,-z,now
CFLAGS_ALL  := $(CSTD) $(WARN) $(OPT_$(MODE)) -pthread -MMD -MP $(CFLAGS)
LDFLAGS_ALL := $(OPT_$(MODE)) $(LINK_$(MODE)) -pthread $(LDFLAGS)
LIBS   := -loath -lcbor -lqrencode -lcurl -lunistring -lmicrohttpd -lgnutls -lsqlite3 -lsodium -ljansson -lyaml -lcrypt -lcrypto -lz -lm

room_src = $(shell find src/$(1) -name '*.c' 2>/dev/null | sort)
obj      = $(patsubst %.c,$(B)/%.o,$(1))
LIBSRC  := $(foreach r,$(ROOMS),$(call room_src,$(r)))
LIBOBJ  := $(call obj,$(LIBSRC))

all: $(B)/hufud $(B)/hufu
.PHONY: all clean layers circles

$(B)/hufud: $(call obj,$(call room_src,hufud)) $(B)/libhufu.a
	$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(B)/libhufu.a $(LIBS)
$(B)/hufu: $(call obj,$(call room_src,hufu)) $(B)/libhufu.a
	$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(B)/libhufu.a $(LIBS)
$(B)/libhufu.a: $(LIBOBJ)
	@rm -f $@
	ar rcs $@ $^
$(B)/%.o: %.c | $(B)/gen/base/version.h
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -c -o $@ $<
$(B)/gen/base/version.h: VERSION
	@mkdir -p $(@D)
	@printf '#define HUFU_VERSION "%s"\n' '$(VERSION)' >$@

# Unit tests: tests/unit/ROOM/**/*_test.c linked with the rooms.
test_src = $(shell find tests/unit/$(1) -name '*.c' 2>/dev/null | sort)
define TEST_RULE
.PHONY: test/$(1)
test/$(1): $(B)/test_$(1)
$(B)/test_$(1): $(call obj,tests/unit/main.c $(call test_src,$(1))) $(B)/libhufu.a
	$$(CC) $$(LDFLAGS_ALL) -o $$@ $$(filter %.o,$$^) $(B)/libhufu.a $$(LIBS)
endef
$(foreach r,$(ROOMS),$(eval $(call TEST_RULE,$(r))))
# Its directory is scripted: tests/unit/admin/scripted_directory.h
$(B)/test_admin: LDFLAGS_ALL += -Wl,--wrap=directory_ask,--wrap=directory_look
# The version after this one, and one with tables that this one cannot go on with: tests/talk/upgrade_test.py.
NEXT      := hufud/main admin/office store/sqlite/schema store/postgres/schema
NEXT_DEFS := -DNEXT_MIGRATION='"ALTER TABLE users ADD COLUMN next_word TEXT;CREATE TABLE next_things (id BLOB PRIMARY KEY, word TEXT);"'
next_NEEDS     := -DNEXT_NEEDS=1
breaking_NEEDS := -DNEXT_NEEDS=ITSELF -DSCHEMA_NEEDS='((int)COUNT(migration))'
define NEXT_RULE
$(B)/$(1)/%.o: src/%.c | $(B)/gen/base/version.h
	@mkdir -p $$(@D) $(B)/$(1)/gen/base
	@printf '#define HUFU_VERSION "%s-$(1)"\n' '$(VERSION)' >$(B)/$(1)/gen/base/version.h
	$$(CC) -I$(B)/$(1)/gen $$(CFLAGS_ALL) $(NEXT_DEFS) $$($(1)_NEEDS) -c -o $$@ $$<
$(B)/hufud-$(1): $(NEXT:%=$(B)/$(1)/%.o) $(filter-out $(B)/src/hufud/main.o,$(call obj,$(call room_src,hufud))) $(B)/libhufu.a
	$$(CC) $$(LDFLAGS_ALL) -o $$@ $$(filter %.o,$$^) $(B)/libhufu.a $$(LIBS)
endef
$(eval $(call NEXT_RULE,next))
$(eval $(call NEXT_RULE,breaking))
tests: $(B)/hufud-next $(B)/hufud-breaking

tests: $(foreach r,$(ROOMS),$(if $(call test_src,$(r)),$(B)/test_$(r)))

$(B)/fuzz_%: $(B)/tests/fuzz/%_fuzz.o $(if $(filter-out fuzz,$(MODE)),$(B)/tests/fuzz/driver.o) $(B)/libhufu.a
	$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(B)/libhufu.a $(LIBS)

$(B)/tests/fuzz/%.o: CFLAGS_ALL += -Wno-missing-prototypes
$(B)/src/page/assets.o: $(wildcard src/page/templates/*) src/page/style.css $(wildcard src/page/*.js)

layers:
	@tools/layers src
circles: $(B)/hufud $(B)/hufu
	@tools/circles src $(B)
clean:
	rm -rf build
include packaging/install.mk
-include $(shell find $(B) -name '*.d' 2>/dev/null)
