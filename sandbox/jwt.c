/* SPDX-License-Identifier: MIT */
#include "sandbox/jwt.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "sandbox/base64.h"

#define SKEW_S 60
#define SIGNATURE_MAX 1024

struct jwt_key {
	EVP_PKEY *key;
	char thumbprint[64];
};

static EVP_PKEY *
certificate_key(FILE *file, char *thumbprint, size_t size)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length = 0;
	X509 *certificate = PEM_read_X509(file, NULL, NULL, NULL);
	EVP_PKEY *key = NULL;

	if (certificate != NULL && X509_digest(certificate, EVP_sha1(),
	    digest, &length) == 1 &&
	    base64url_encode(digest, length, thumbprint, size) == 0)
		key = X509_get_pubkey(certificate);
	X509_free(certificate);
	return key;
}

struct jwt_key *
jwt_key_read(const char *name)
{
	struct jwt_key *key = calloc(1, sizeof(*key));
	FILE *file = fopen(name, "r");

	if (key != NULL && file != NULL) {
		key->key = certificate_key(file, key->thumbprint,
		    sizeof(key->thumbprint));
		if (key->key == NULL) {
			rewind(file);
			key->key = PEM_read_PUBKEY(file, NULL, NULL, NULL);
		}
	}
	if (file != NULL)
		fclose(file);
	if (key != NULL && key->key == NULL) {
		free(key);
		key = NULL;
	}
	return key;
}

void
jwt_key_free(struct jwt_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->key);
	free(key);
}

const char *
jwt_key_thumbprint(const struct jwt_key *key)
{
	return key->thumbprint;
}

static bool
is_signed(const struct jwt_key *key, const char *text, size_t length,
    const char *signature)
{
	unsigned char bytes[SIGNATURE_MAX];
	ssize_t count = base64_decode(signature, strlen(signature), bytes,
	    sizeof(bytes));
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool rc = count > 0 && context != NULL &&
	    EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL,
	    key->key) == 1 &&
	    EVP_DigestVerify(context, bytes, (size_t)count,
	    (const unsigned char *)text, length) == 1;

	EVP_MD_CTX_free(context);
	return rc;
}

static bool
part_read(struct json *json, char out[JWT_TEXT], const char *text,
    size_t length)
{
	ssize_t count = base64_decode(text, length, out, JWT_TEXT - 1);
	struct error error;

	if (count == -1)
		return false;
	out[count] = '\0';
	return json_parse(json, out, (size_t)count, &error) == 0;
}

const char *
jwt_read(struct jwt *jwt, const struct jwt_key *key, const char *text)
{
	const char *dot = strchr(text, '.'), *second;

	memset(jwt, 0, sizeof(*jwt));
	second = dot == NULL ? NULL : strchr(dot + 1, '.');
	if (second == NULL || strlen(text) >= JWT_TEXT)
		return "it isn't a JWT";
	if (!part_read(&jwt->header, jwt->header_text, text,
	    (size_t)(dot - text)) ||
	    !part_read(&jwt->claims, jwt->claims_text, dot + 1,
	    (size_t)(second - dot - 1)))
		return "its parts aren't JSON in base64url";
	if (!json_is(&jwt->header, json_member(&jwt->header, 0, "alg"),
	    "RS256"))
		return "its alg isn't RS256";
	if (key == NULL || !is_signed(key, text, (size_t)(second - text),
	    second + 1))
		return "its signature isn't valid";
	return NULL;
}

void
jwt_free(struct jwt *jwt)
{
	json_free(&jwt->header);
	json_free(&jwt->claims);
}

const char *
jwt_times(const struct jwt *jwt)
{
	const struct json *claims = &jwt->claims;
	json_node issued = json_member(claims, 0, "iat");
	int64_t now = clock_wall_ms() / 1000, at;

	if (!json_integer(claims, json_member(claims, 0, "exp"), &at))
		return "it has no exp";
	if (at <= now)
		return "it has expired";
	if (issued != JSON_NONE && (!json_integer(claims, issued, &at) ||
	    at > now + SKEW_S))
		return "its iat is in the future";
	return NULL;
}

bool
jwt_claims(const struct jwt *jwt, const char *name, const char *text)
{
	const struct json *claims = &jwt->claims;
	json_node node = json_member(claims, 0, name);

	if (json_type(claims, node) != JSON_ARRAY)
		return json_is(claims, node, text);
	for (node = json_first(claims, node); node != JSON_NONE;
	    node = json_next(claims, node))
		if (json_is(claims, node, text))
			return true;
	return false;
}
