# What is wrong with the output of a history, a line each; no line: all is well.
# history.bash says what $kept and the others are.

# How a collection was paged is no part of it, nor where it lies.
def essence:
	walk(if type == "object" then
		del(.links, ."@context")
		| if has("items") then .items elif has("hasMore") then [] else . end
	else . end) | tojson;

def set(f): reduce .[] as $item ({}; .[$item | f] = true);

def unless_true(what): if . then empty else what end;

def version: "\(.stream) \(.id) \(.stamp)";

def keys_of: {invoices: "InvoiceId", journalBatches: "JeBatchId"};

def row($stream):
	{stream: $stream, id: (.[keys_of[$stream]] | tostring), stamp: .LastUpdateDate, text: essence};

# Each line with the run that wrote it; cut: behind the run's last STATE.
def lines:
	foreach $kept[] as $line ({run: 0};
		if $line.type == "RUN" then {run: (.run + 1), complete: $line.complete}
		elif $line.type == "CUT" then .cut = true
		else . end;
		if $line.type | IN("RUN", "CUT") then empty else . + {line: $line} end);

def records: map(select(.line.type == "RECORD") | . + (.line.stream as $stream | .line.record | row($stream)) | del(.line));

# The ledger's word counts, where there is one: the versions that it has, which
# transform told in the order of the records.
def accepted:
	if $style != "ledger" then map(select(.cut | not))
	else
		($recorded | split("\n") | set(.)) as $known
		| [range(length) as $i | select($seen[$i] | $known["\(.stream)|\(.record_id)|\(.record_version)"]) as $true | .[$i]]
	end;

def lost($accepted):
	($accepted | set("\(.stream) \(.text)")) as $texts
	| ($accepted | set(version)) as $versions
	| ($now[].items[] | (if has("JeBatchId") then row("journalBatches") else row("invoices") end)
		| . as $row | $texts["\(.stream) \(.text)"] | unless_true("lost: \($row | version)" +
			if $versions[$row | version] then ", which came with another content" else "" end)),
	($lasting[] | select($style != "resume") | . as $row | $versions[version] | unless_true("lost, though it was there throughout a poll: \($row | version)"));

def made_up:
	($past | set(version)) as $were
	| .[] | . as $row | $were[version] | unless_true("made up: \($row | version)");

def doubled:
	group_by([.run, .stream, .text])[] | . as $same | (length == 1)
	| unless_true("written \($same | length) times by run \($same[0].run): \($same[0] | version)");

# What a strict reader of Singer messages refuses.
def strict:
	foreach .[] as $at ({run: 0, marks: {}};
		if $at.run != .run then
			{run: $at.run, records: 0, schemas: {}, marks: (if $style == "ledger" then {} else .marks end)}
		else . end
		| .wrong = null
		| if $at.line.type == "SCHEMA" then
			.schemas[$at.line.stream] = $at.line.key_properties
		elif $at.line.type == "RECORD" then
			.records += 1
			| if (.schemas[$at.line.stream] // []) - ($at.line.record | keys) != []
				or .schemas[$at.line.stream] == null
			then .wrong = "a record of \($at.line.stream) without SCHEMA or key" else . end
			| if $at.cut and $at.complete then .wrong = "a complete run has records behind its last STATE" else . end
		elif $at.line.type == "STATE" then
			($at.line.value.bookmarks | map_values(.replication_key_value)) as $marks
			| if .marks | to_entries | all($marks[.key] >= .value) | not
			then .wrong = "a bookmark went back: \(.marks) \($marks)" else . end
			| if $at.line.stats.records != .records
			then .wrong = "a STATE counts \($at.line.stats.records) records of \(.records)" else . end
			| .records = 0 | .marks = $marks
		else .wrong = "a line is of type \($at.line.type)" end;
		select(.wrong) | "\(.wrong), in run \(.run)");

[lines] as $lines
| ($lines | records) as $records
| lost($records | accepted),
	if $style == "resume" then empty else
		($records | made_up, doubled),
		($lines | strict)
	end
