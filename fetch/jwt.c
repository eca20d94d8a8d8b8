/* SPDX-License-Identifier: MIT */
#include "fetch/jwt.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "clock.h"

#define KEY_BITS_MIN 2048
#define SKEW_S 60
#define ID_BYTES 16
#define THUMBPRINT_BYTES 20 /* of SHA-1, which x5t means */
#define BASE64URL sodium_base64_VARIANT_URLSAFE_NO_PADDING

static int
append_base64url(struct buffer *out, const void *bytes, size_t count)
{
	size_t size = sodium_base64_encoded_len(count, BASE64URL);
	char *text = malloc(size);
	int rc = -1;

	if (text != NULL) {
		sodium_bin2base64(text, size, bytes, count, BASE64URL);
		rc = buffer_puts(out, text);
		sodium_memzero(text, size);
	} else
		out->failed = true;
	free(text);
	return rc;
}

static int
on_passphrase(char *text, int size, int writing, void *asked)
{
	(void)text;
	(void)size;
	(void)writing;
	*(bool *)asked = true;
	return -1;
}

static EVP_PKEY *
key_read(const struct secret *pem, struct error *error)
{
	BIO *bio = BIO_new_mem_buf(pem->text, (int)pem->length);
	EVP_PKEY *key = NULL;
	bool encrypted = false;

	if (bio != NULL)
		key = PEM_read_bio_PrivateKey(bio, NULL, on_passphrase,
		    &encrypted);
	BIO_free(bio);
	ERR_clear_error();
	if (encrypted)
		error_set(error, EXIT_CONFIG, "the vault's oracle.private_key "
		    "is encrypted with a passphrase: the vault encrypts it, so "
		    "take the passphrase off (openssl pkey) and set it again");
	else if (key == NULL)
		error_set(error, EXIT_CONFIG, "the vault's oracle.private_key "
		    "is no private key in PEM: set it again with auditctl "
		    "vault set oracle.private_key");
	else if (!EVP_PKEY_is_a(key, "RSA") ||
	    EVP_PKEY_get_bits(key) < KEY_BITS_MIN)
		error_set(error, EXIT_CONFIG, "the vault's oracle.private_key "
		    "is no RSA key of at least %d bits, which RS256 needs",
		    KEY_BITS_MIN);
	else
		return key;
	EVP_PKEY_free(key);
	return NULL;
}

/* Append the certificate's thumbprint; it must be that of the key. */
static int
append_thumbprint(struct buffer *out, const char *file, EVP_PKEY *key,
    struct error *error)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length = 0;
	BIO *bio = BIO_new_file(file, "r");
	X509 *certificate = NULL;
	int rc = -1;

	if (bio == NULL) {
		error_errno(error, EXIT_CONFIG, "cannot open the certificate "
		    "'%s' of oracle.certificate", file);
		goto out;
	}
	certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	if (certificate == NULL && BIO_reset(bio) == 0)
		certificate = d2i_X509_bio(bio, NULL);
	if (certificate == NULL)
		error_set(error, EXIT_CONFIG, "'%s' of oracle.certificate is "
		    "no certificate in PEM or DER", file);
	else if (X509_check_private_key(certificate, key) != 1)
		error_set(error, EXIT_CONFIG, "the certificate '%s' of "
		    "oracle.certificate isn't that of the vault's "
		    "oracle.private_key", file);
	else if (X509_digest(certificate, EVP_sha1(), digest, &length) != 1 ||
	    length != THUMBPRINT_BYTES)
		error_set(error, EXIT_SYSTEM, "cannot hash the certificate "
		    "'%s'", file);
	else
		rc = append_base64url(out, digest, length);
out:
	X509_free(certificate);
	BIO_free(bio);
	ERR_clear_error();
	return rc;
}

static int
make_header(const struct jwt *jwt, EVP_PKEY *key, struct buffer *header,
    struct error *error)
{
	struct buffer thumbprint;
	int rc = 0;

	buffer_init(&thumbprint, 64);
	buffer_puts(header, "{");
	buffer_json_member(header, "alg", "RS256");
	buffer_json_member(header, "typ", "JWT");
	if (jwt->key_id != NULL)
		buffer_json_member(header, "kid", jwt->key_id);
	if (jwt->certificate != NULL && (rc = append_thumbprint(&thumbprint,
	    jwt->certificate, key, error)) == 0)
		buffer_json_member(header, "x5t", buffer_text(&thumbprint));
	buffer_puts(header, "}");
	buffer_free(&thumbprint);
	return rc;
}

static void
make_claims(const struct jwt *jwt, struct buffer *claims)
{
	int64_t now_s = clock_wall_ms() / 1000;
	unsigned char id[ID_BYTES];
	char hex[ID_BYTES * 2 + 1];

	randombytes_buf(id, sizeof(id));
	sodium_bin2hex(hex, sizeof(hex), id, sizeof(id));
	buffer_puts(claims, "{");
	buffer_json_member(claims, "iss", jwt->issuer);
	buffer_json_member(claims, "sub", jwt->subject);
	if (jwt->principal != NULL)
		buffer_json_member(claims, "prn", jwt->principal);
	if (jwt->audience != NULL)
		buffer_json_member(claims, "aud", jwt->audience);
	buffer_json_member(claims, "jti", hex);
	buffer_json_name(claims, "iat");
	buffer_printf(claims, "%lld", (long long)(now_s - SKEW_S));
	buffer_json_name(claims, "exp");
	buffer_printf(claims, "%lld", (long long)(now_s + jwt->life_s));
	buffer_puts(claims, "}");
}

/* Append '.' and the signature over what text holds. */
static int
append_signature(struct buffer *text, EVP_PKEY *key)
{
	unsigned char *signature = NULL;
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const unsigned char *bytes = (const unsigned char *)text->data;
	size_t length = 0;
	int rc = -1;

	if (context == NULL || EVP_DigestSignInit(context, NULL, EVP_sha256(),
	    NULL, key) != 1 || EVP_DigestSign(context, NULL, &length, bytes,
	    text->length) != 1 || (signature = malloc(length)) == NULL ||
	    EVP_DigestSign(context, signature, &length, bytes,
	    text->length) != 1)
		goto out;
	buffer_puts(text, ".");
	rc = append_base64url(text, signature, length);
out:
	free(signature);
	EVP_MD_CTX_free(context);
	ERR_clear_error();
	return rc;
}

int
jwt_sign(const struct jwt *jwt, const struct secret *pem,
    struct secret *token, struct error *error)
{
	struct buffer header, claims, text;
	EVP_PKEY *key = key_read(pem, error);
	int rc = -1;

	*token = (struct secret){ 0 };
	if (key == NULL)
		return -1;
	buffer_init(&header, SECRET_MAX);
	buffer_init(&claims, SECRET_MAX);
	buffer_init(&text, SECRET_MAX);
	if (make_header(jwt, key, &header, error) == -1)
		goto out;
	make_claims(jwt, &claims);
	append_base64url(&text, buffer_text(&header), header.length);
	buffer_puts(&text, ".");
	append_base64url(&text, buffer_text(&claims), claims.length);
	if (header.failed || claims.failed || text.failed ||
	    append_signature(&text, key) == -1)
		error_set(error, EXIT_SYSTEM, "cannot sign a JWT: out of "
		    "memory, or a name in it is too long");
	else
		rc = secret_copy(token, text.data, text.length, error);
out:
	if (text.data != NULL)
		explicit_bzero(text.data, text.length);
	buffer_free(&header);
	buffer_free(&claims);
	buffer_free(&text);
	EVP_PKEY_free(key);
	return rc;
}
