/* login/webauthn_cbor.c - CBOR (RFC 8949) by libcbor, walked before it is loaded: no claim is believed that the bytes do not hold. */
#include "login/webauthn_int.h"

/* --- what there is, before anything is allocated for it --------------------------------------- */

struct walk { size_t left, pending; unsigned containers; bool wrong; };

/* An array or a map of n: each of its parts takes a byte or more. */
static void
container(struct walk *w, size_t n, size_t each)
{
	if (n > w->left || ++w->containers > CBOR_CONTAINERS_MAX)
		w->wrong = true;
	else
		w->pending += n * each;
}

static void
on_array(void *ctx, size_t n)
{
	container(ctx, n, 1);
}

static void
on_map(void *ctx, size_t n)
{
	container(ctx, n, 2);
}

static void
on_unwanted(void *ctx)
{
	((struct walk *)ctx)->wrong = true;
}

/* No part of any message that is read here has a tag. */
static void
on_tag(void *ctx, uint64_t tag)
{
	(void)tag;
	on_unwanted(ctx);
}

static bool
is_whole(struct str bytes, size_t *used)
{
	struct cbor_callbacks on = cbor_empty_callbacks;
	struct walk w = { .pending = 1 };
	size_t at = 0;

	on.array_start = on_array;
	on.map_start = on_map;
	on.indef_array_start = on_unwanted;
	on.indef_map_start = on_unwanted;
	on.byte_string_start = on_unwanted;
	on.string_start = on_unwanted;
	on.indef_break = on_unwanted;
	on.tag = on_tag;
	for (unsigned items = 0; w.pending > 0; items++) {
		struct cbor_decoder_result r;

		w.left = bytes.n - at;
		w.pending--;
		r = cbor_stream_decode((cbor_data)bytes.p + at, w.left, &on, &w);
		if (r.status != CBOR_DECODER_FINISHED || w.wrong || items == CBOR_ITEMS_MAX)
			return false;
		at += r.read;
	}
	*used = at;
	return true;
}

static void
release(void *item)
{
	cbor_item_t *one = item;

	cbor_decref(&one);
}

cbor_item_t *
cbor_read(struct arena *mem, struct str bytes, size_t *used)
{
	struct cbor_load_result r;
	cbor_item_t *item;

	if (str_empty(bytes) || !is_whole(bytes, used))
		return NULL;
	item = cbor_load((cbor_data)bytes.p, *used, &r);
	if (item == NULL || !arena_defer(mem, release, item))
		return NULL;
	return r.error.code == CBOR_ERR_NONE ? item : NULL;
}

/* --- parts ------------------------------------------------------------------------------------ */

bool
cbor_text_is(const cbor_item_t *item, const char *text)
{
	return item != NULL && cbor_isa_string(item) && cbor_string_is_definite(item)
	    && str_is(str_span(cbor_string_handle(item), cbor_string_length(item)), text);
}

bool
cbor_number(const cbor_item_t *item, int64_t *out)
{
	uint64_t n;

	if (item == NULL || !(cbor_isa_uint(item) || cbor_isa_negint(item)))
		return false;
	n = cbor_get_int(item);
	if (n > INT64_MAX)
		return false;
	*out = cbor_isa_negint(item) ? -1 - (int64_t)n : (int64_t)n;
	return true;
}

/* name, or else label. */
static bool
key_is(const cbor_item_t *key, const char *name, int64_t label)
{
	int64_t n;

	return name != NULL ? cbor_text_is(key, name) : cbor_number(key, &n) && n == label;
}

static cbor_item_t *
value_of(cbor_item_t *map, const char *name, int64_t label)
{
	cbor_item_t *found = NULL;

	if (map == NULL || !cbor_isa_map(map))
		return NULL;
	for (size_t i = 0; i < cbor_map_size(map); i++) {
		struct cbor_pair *p = &cbor_map_handle(map)[i];

		if (!key_is(p->key, name, label))
			continue;
		if (found != NULL)
			return NULL;
		found = p->value;
	}
	return found;
}

cbor_item_t *
cbor_member(cbor_item_t *map, const char *name)
{
	return value_of(map, name, 0);
}

cbor_item_t *
cbor_label(cbor_item_t *map, int64_t label)
{
	return value_of(map, NULL, label);
}

struct str
cbor_bytes(const cbor_item_t *item)
{
	if (item == NULL || !cbor_isa_bytestring(item) || !cbor_bytestring_is_definite(item))
		return STR_ABSENT;
	return str_span(cbor_bytestring_handle(item), cbor_bytestring_length(item));
}
