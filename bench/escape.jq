def escape:
  if contains("&") then split("&") | join("&amp;") else . end
  | if contains("<") then split("<") | join("&lt;") else . end
  | if contains(">") then split(">") | join("&gt;") else . end;
