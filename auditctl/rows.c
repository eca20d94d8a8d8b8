/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "auditctl/auditctl.h"
#include "buffer.h"
#include "json.h"
#include "utf8.h"

#define ROW_MAX ((size_t)128 << 20) /* a record, each byte escaped */
#define COLUMNS_MAX 16
#define GAP 2

/* The table is laid out when all rows are known. */
struct table {
	struct buffer cells; /* each ends in NUL */
	size_t widths[COLUMNS_MAX];
	int columns;
	size_t rows;
};

static void
cell_add(struct table *table, int column, const char *text)
{
	size_t width, start = table->cells.length;

	text = text != NULL ? text : "-";
	buffer_append(&table->cells, text, strlen(text) + 1);
	if (table->cells.failed)
		return;
	utf8_tame(table->cells.data + start);
	width = utf8_length(table->cells.data + start,
	    table->cells.length - start - 1);
	if (width > table->widths[column])
		table->widths[column] = width;
}

static size_t
terminal_width(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
	    size.ws_col > 0 ? size.ws_col : SIZE_MAX;
}

/* At most room characters of text; how many they were. */
static size_t
put(const char *text, size_t room)
{
	size_t bytes = utf8_cut(text, room);

	fwrite(text, 1, bytes, stdout);
	return utf8_length(text, bytes);
}

static void
table_write(const struct table *table)
{
	const char *cell = table->cells.data;
	size_t row, room, used, gap, line = terminal_width();
	int column;

	for (row = 0; row < table->rows; row++) {
		room = line;
		for (column = 0; column < table->columns; column++) {
			used = put(cell, room);
			room -= used;
			gap = table->widths[column] - used + GAP;
			if (column + 1 < table->columns && gap <= room) {
				printf("%*s", (int)gap, "");
				room -= gap;
			} else
				room = 0;
			cell += strlen(cell) + 1;
		}
		putchar('\n');
	}
}

static int
print_table(struct statement *statement, struct error *error)
{
	struct table table = { .columns = db_columns(statement), .rows = 1 };
	int column, rc;

	if (table.columns > COLUMNS_MAX)
		return error_set(error, EXIT_BUG, "too many columns");
	buffer_init(&table.cells, (size_t)64 << 20);
	for (column = 0; column < table.columns; column++)
		cell_add(&table, column, db_column_name(statement, column));
	for (; (rc = db_step(statement, error)) == 1; table.rows++)
		for (column = 0; column < table.columns; column++)
			cell_add(&table, column, db_text(statement, column));
	if (rc == 0 && table.cells.failed)
		rc = error_set(error, EXIT_SYSTEM, "too many rows for a table: "
		    "pipe the output, it is then written row by row");
	if (rc == 0)
		table_write(&table);
	buffer_free(&table.cells);
	return rc;
}

static enum rows_format format;

void
rows_set_format(enum rows_format wanted)
{
	format = wanted;
}

bool
rows_for_people(void)
{
	return format == ROWS_DEFAULT && isatty(STDOUT_FILENO);
}

bool
rows_are_json(void)
{
	return format != ROWS_CSV && !rows_for_people();
}

/* A number is one in JSON too; what the ledger keeps as text is a string, so
 * that no digit of an id or an amount is lost. */
void
rows_member(struct buffer *row, struct statement *statement, int column)
{
	const char *name = db_column_name(statement, column);

	if (!db_is_int(statement, column)) {
		buffer_json_member(row, name, db_text(statement, column));
		return;
	}
	buffer_json_name(row, name);
	buffer_printf(row, "%" PRId64, db_int(statement, column));
}

static int
print_json(struct statement *statement, struct error *error)
{
	struct buffer row;
	int column, rc;

	buffer_init(&row, ROW_MAX);
	while ((rc = db_step(statement, error)) == 1) {
		buffer_clear(&row);
		buffer_puts(&row, "{");
		for (column = 0; column < db_columns(statement); column++)
			rows_member(&row, statement, column);
		buffer_puts(&row, "}\n");
		if (row.failed) {
			db_reset(statement);
			rc = error_set(error, EXIT_SYSTEM, "a row is too long");
			break;
		}
		fwrite(row.data, 1, row.length, stdout);
	}
	buffer_free(&row);
	return rc;
}

/* Would a spreadsheet compute it?  A negative amount it should take as such. */
static bool
is_formula(const char *text)
{
	size_t digits = strspn(text + (*text == '-'), "0123456789.");

	return *text != '\0' && strchr("=+-@\t", *text) != NULL &&
	    (*text != '-' || digits == 0 || text[1 + digits] != '\0');
}

/* A field as RFC 4180 has it.  A quote before a formula makes it text. */
static void
field(struct buffer *line, const char *text)
{
	const char *c;

	if (text == NULL)
		return;
	if (*text == '\0' || strpbrk(text, ",\"\r\n") != NULL ||
	    is_formula(text)) {
		buffer_puts(line, "\"");
		if (is_formula(text))
			buffer_puts(line, "'");
		for (c = text; *c != '\0'; c++) {
			if (*c == '"')
				buffer_puts(line, "\"");
			buffer_append(line, c, 1);
		}
		buffer_puts(line, "\"");
	} else
		buffer_puts(line, text);
}

static int
print_csv(struct statement *statement, struct error *error)
{
	int column, rc, columns = db_columns(statement);
	struct buffer line;

	buffer_init(&line, ROW_MAX);
	for (column = 0; column < columns; column++) {
		buffer_puts(&line, column > 0 ? "," : "");
		field(&line, db_column_name(statement, column));
	}
	buffer_puts(&line, "\r\n");
	while ((rc = db_step(statement, error)) == 1) {
		for (column = 0; column < columns; column++) {
			buffer_puts(&line, column > 0 ? "," : "");
			field(&line, db_text(statement, column));
		}
		buffer_puts(&line, "\r\n");
		if (line.failed) {
			db_reset(statement);
			rc = error_set(error, EXIT_SYSTEM, "a row is too long");
			break;
		}
		fwrite(line.data, 1, line.length, stdout);
		buffer_clear(&line);
	}
	if (rc == 0)
		fwrite(line.data, 1, line.length, stdout);
	buffer_free(&line);
	return rc;
}

int
rows_print(struct statement *statement, struct error *error)
{
	if (format == ROWS_CSV)
		return print_csv(statement, error);
	return rows_for_people() ? print_table(statement, error) :
	    print_json(statement, error);
}

/* JSON a member a line, two spaces a level; depth is bounded by the reader. */
static void
lay_out(const struct json *json, json_node node, int level, struct buffer *out)
{
	enum json_type type = json_type(json, node);
	bool object = type == JSON_OBJECT;
	json_node child = json_first(json, node);
	const char *raw;
	size_t length;

	if (child == JSON_NONE) {
		raw = json_raw(json, node, &length);
		buffer_append(out, raw, length);
		return;
	}
	buffer_puts(out, object ? "{" : "[");
	for (; child != JSON_NONE; child = json_next(json, child)) {
		buffer_printf(out, "\n%*s", 2 * (level + 1), "");
		if (object) {
			const struct json_value *value = &json->values[child];

			buffer_append(out, json->text + value->name,
			    (size_t)(value->name_end - value->name));
			buffer_puts(out, ": ");
		}
		lay_out(json, child, level + 1, out);
		if (json_next(json, child) != JSON_NONE)
			buffer_puts(out, ",");
	}
	buffer_printf(out, "\n%*s%s", 2 * level, "", object ? "}" : "]");
}

/* A value of a long row, made safe; a document of JSON is laid out. */
static void
value_write(const char *text)
{
	struct json json = { 0 };
	struct error ignored;
	struct buffer out;
	char *copy = strdup(text);

	if (copy == NULL)
		return;
	utf8_tame(copy);
	buffer_init(&out, ROW_MAX);
	if ((*copy == '{' || *copy == '[') && json_parse(&json, copy,
	    strlen(copy), &ignored) == 0)
		lay_out(&json, 0, 0, &out);
	else
		buffer_puts(&out, copy);
	puts(buffer_text(&out));
	buffer_free(&out);
	json_free(&json);
	free(copy);
}

int
rows_print_long(struct statement *statement, const char *title,
    struct error *error)
{
	int column, rc, width = 0, columns = db_columns(statement);
	const char *text;

	if (!rows_for_people())
		return rows_print(statement, error);
	for (column = 0; column < columns; column++)
		if ((int)strlen(db_column_name(statement, column)) > width)
			width = (int)strlen(db_column_name(statement, column));
	while ((rc = db_step(statement, error)) == 1) {
		puts(title);
		for (column = 0; column < columns; column++) {
			if ((text = db_text(statement, column)) == NULL)
				continue;
			printf("  %-*s  ", width, db_column_name(statement,
			    column));
			value_write(text);
		}
	}
	return rc;
}
