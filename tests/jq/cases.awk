# A test file of jq's form (program, input, outputs, an empty line) as what
# transform takes: in the folder DIR a filter cLINE.jq for each program, which
# answers to the record of that id alone, their names in "cases", the records
# in "input", and in "expected" what should come out.  With TRY=1 a program may
# end in an error, as in jq's own files.
function skipped() {
	return /^[ \t]*(#|$)/
}

function write_case(	head, name) {
	while (match(program, /^[ \t]*(module|import|include)[^;]*;/)) {
		head = head substr(program, 1, RLENGTH)
		program = substr(program, RLENGTH + 1)
	}
	name = "c" line
	printf "%s select($id == \"%s\") | [$raw.v | %s(%s\n)%s] as $out | " \
	    "{channel: \"#c\", text: \"t\", delivery: {digest: $out}}\n", \
	    head, line, TRY ? "try " : "", program, TRY ? " catch empty" : \
	    "" >(DIR "/" name ".jq")
	close(DIR "/" name ".jq")
	print name >(DIR "/cases")
	printf "{\"type\":\"RECORD\",\"stream\":\"cases\",\"record\":" \
	    "{\"id\":%s,\"v\":%s}}\n", line, input >(DIR "/input")
	printf "{\"id\":\"%s\",\"outputs\":[%s]}\n", line, \
	    outputs >(DIR "/expected")
	state = ""
}

BEGIN {
	print "{\"type\":\"SCHEMA\",\"stream\":\"cases\",\"schema\":{}," \
	    "\"key_properties\":[\"id\"]}" >(DIR "/input")
}
state == "" && skipped() { next }
state == "" && /^%%FAIL/ { state = "fails"; next }
state == "" { program = $0; line = NR; outputs = ""; state = "input"; next }
state == "input" { input = $0; state = "outputs"; next }
state == "outputs" && skipped() { write_case(); next }
state == "outputs" { outputs = outputs (outputs == "" ? "" : ",") $0; next }
skipped() { state = "" }
END { if (state == "outputs") write_case() }
