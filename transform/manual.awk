# Write filters.7 with what the modules' comments say of their functions in
# place of each line  .\" functions of FILE  so that page and code can't part.
# Given with -v: folder, that of the modules.

function escaped(text) {
	gsub(/\\/, "\\e", text)
	return text ~ /^[.']/ ? "\\&" text : text
}

# For the line of a macro, which would take some words for macros.
function quoted(text) {
	gsub(/\\/, "\\e", text)
	gsub(/"/, "\\(dq", text)
	return "\"" text "\""
}

function list(wanted) {
	if (wanted != inlist)
		print wanted ? ".Bl -tag -width Ds" : ".El"
	inlist = wanted
}

# What was said, a sentence a line.
function say() {
	while (match(said, /[.!?][)"]?  ?[(A-Z]/)) {
		print escaped(substr(said, 1, RSTART + (substr(said, \
		    RSTART + 1, 1) != " ")))
		said = substr(said, RSTART + RLENGTH - 1)
	}
	if (said != "")
		print escaped(said)
	forget()
}

function forget() {
	said = ""
	examples = 0
}

function entry(line,    i, at) {
	list(1)
	sub(/^def /, "", line)
	sub(/:( .*)?$/, "", line)
	print ".It Sy " quoted(module "::" line)
	i = examples
	say()
	print ".Bd -ragged -offset indent -compact\n.nh"
	for (examples = i; i > 0; i--) {
		at = match(example[examples - i + 1], / =>/)
		print escaped(substr(example[examples - i + 1], 1, at - 1))
		print ".br"
		print "\\(->", escaped(at + 4 > length(example[examples - i + 1]) ? \
		    "nothing" : substr(example[examples - i + 1], at + 4))
		if (i > 1)
			print ".br"
	}
	print ".Ed"
	forget()
}

function functions(file,    line, fresh) {
	module = file
	sub(/\.jq$/, "", module)
	forget()
	fresh = 1
	while ((getline line < (folder "/" file)) > 0) {
		if (line ~ /^# .* -----+$/) {
			list(0)
			sub(/^# /, "", line)
			sub(/ -+$/, "", line)
			print ".Ss", quoted(module ": " line)
			forget()
			fresh = 1
		} else if (line ~ /^# example: /)
			example[++examples] = substr(line, 12)
		else if (line ~ /^# /)
			said = said (said == "" ? "" : " ") substr(line, 3)
		else if (line ~ /^def [a-z]/ && examples)
			entry(line)
		else if (said != "" && (line == "#" || line == "")) {
			list(0)
			if (!fresh)
				print ".Pp"
			fresh = 0
			say()
		} else
			forget()
	}
	close(folder "/" file)
	list(0)
}

/^\.\\" functions of / {
	functions($NF)
	next
}
{ print }
