/* SPDX-License-Identifier: MIT */
/* The fuzzer's corpus and what is at the edges, on verify's parsers. */
#include <glob.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "tap.h"
#include "tests/fuzz/request.h"
#include "verify/form.h"
#include "verify/request.h"
#include "verify/signature.h"

#define BODY "token=xyzz0WbapA4vBCDEFasx0q6G&text=a%00b\0\377"

static void
try_file(const char *path)
{
	struct buffer input;
	FILE *file = fopen(path, "r");
	const char *wrong = "it can't be read";

	buffer_init(&input, (size_t)8 << 20);
	if (file != NULL && buffer_read(&input, fileno(file)) == 0)
		wrong = request_try(buffer_text(&input), input.length);
	ok(wrong == NULL, path);
	if (wrong != NULL)
		printf("# %s\n", wrong);
	if (file != NULL)
		fclose(file);
	buffer_free(&input);
}

/* Sign the body as its owner would. */
static void
sign(const char *key, const char *timestamp, const char *body, size_t length,
    char out[68])
{
	unsigned char digest[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, (const unsigned char *)key,
	    strlen(key));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)"v0:", 3);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)timestamp,
	    strlen(timestamp));
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)":", 1);
	crypto_auth_hmacsha256_update(&state, (const unsigned char *)body,
	    length);
	crypto_auth_hmacsha256_final(&state, digest);
	memcpy(out, "v0=", 3);
	sodium_bin2hex(out + 3, 65, digest, sizeof(digest));
}

static enum signature_result
check(const char *timestamp, const char *signature, const char *body,
    size_t length)
{
	static char key[] = "8f742231b10e8888abcd99yyyzzz85a5";
	static const struct secret secret = { key, sizeof(key) - 1 };
	struct signature_request request = { timestamp, signature, body,
		length };

	return signature_check(&request, &secret, 1, 300, 1531420618000);
}

/* Each bit of the body, the timestamp and the signature. */
static void
flip_bits(void)
{
	char timestamp[] = "1531420618", body[] = BODY, signature[68];
	size_t i, wrong = 0;
	struct { char *at; size_t count; } parts[] = {
		{ timestamp, 10 }, { body, sizeof(body) - 1 },
		{ signature, 67 }
	};
	size_t part;

	sign("8f742231b10e8888abcd99yyyzzz85a5", timestamp, body,
	    sizeof(body) - 1, signature);
	ok(check(timestamp, signature, body, sizeof(body) - 1) ==
	    SIGNATURE_AUTHENTIC, "what was signed is authentic");
	for (part = 0; part < 3; part++)
		for (i = 0; i < 8 * parts[part].count; i++) {
			parts[part].at[i / 8] ^= (char)(1 << i % 8);
			wrong += check(timestamp, signature, body,
			    sizeof(body) - 1) == SIGNATURE_AUTHENTIC;
			parts[part].at[i / 8] ^= (char)(1 << i % 8);
		}
	ok(wrong == 0, "one flipped bit anywhere is not authentic");
	ok(check(timestamp, signature, body, sizeof(body) - 2) !=
	    SIGNATURE_AUTHENTIC, "a body without its last byte isn't");
	ok(check(timestamp, signature, body, sizeof(body)) !=
	    SIGNATURE_AUTHENTIC, "a body with one byte more isn't");
}

static void
fields(void)
{
	static const char text[] = "&&a=1&b&=c&d=%41%4%zz%&d=2&e=x+y%00z";
	struct form form = { text, text + sizeof(text) - 1 };
	struct buffer name, value, all;

	buffer_init(&name, 100);
	buffer_init(&value, 100);
	buffer_init(&all, 1000);
	while (form_next(&form, &name, &value)) {
		buffer_append(&all, buffer_text(&name), name.length);
		buffer_puts(&all, ":");
		buffer_append(&all, buffer_text(&value), value.length);
		buffer_puts(&all, ";");
	}
	ok(all.length == sizeof("a:1;b:;:c;d:A%4%zz%;d:2;e:x y\0z;") - 1 &&
	    memcmp(all.data, "a:1;b:;:c;d:A%4%zz%;d:2;e:x y\0z;",
	    all.length) == 0, "a form is read to the letter");
	ok(form_find(text, sizeof(text) - 1, "d", &value) &&
	    strcmp(buffer_text(&value), "A%4%zz%") == 0,
	    "of two fields of a name the first one counts");
	buffer_free(&name);
	buffer_free(&value);
	buffer_free(&all);
}

int
main(void)
{
	glob_t corpus;
	size_t i;

	if (sodium_init() == -1 ||
	    glob("tests/fuzz/request/*", 0, NULL, &corpus) != 0) {
		puts("Bail out! no corpus: run it in the root of the tree");
		return 1;
	}
	for (i = 0; i < corpus.gl_pathc; i++)
		try_file(corpus.gl_pathv[i]);
	globfree(&corpus);
	flip_bits();
	fields();
	return tap_end();
}
