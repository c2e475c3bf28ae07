# Builds @NAME@.so for reach and @NAME@64.so for reach64, which runs `reach check`.
HEADERS ?= @HEADERS@
# The flags of the program itself, so that the same file gives the same bits in the tree and here.
CFLAGS   = -std=c17 -D_GNU_SOURCE -O3 -g -ffp-contract=fast -fno-math-errno -Wall -Wextra -Wshadow \
           -fPIC -fvisibility=hidden -DREACH_AS_PLUGIN $(HEADERS) $(EXTRA)
SOURCE   = -DREACH_SOURCE='"$(firstword $(shell sha1sum $<))"'

all: @NAME@.so @NAME@64.so
%64.so: %.c
	$(CC) $(CFLAGS) -DREACH_DOUBLE $(SOURCE) -shared -o $@ $< -lm
%.so: %.c
	$(CC) $(CFLAGS) $(SOURCE) -shared -o $@ $< -lm
clean:
	rm -f @NAME@.so @NAME@64.so
.PHONY: all clean
