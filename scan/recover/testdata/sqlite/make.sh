#!/bin/sh
# Makes databases that hold the words of ../words.txt, with sqlite3.
set -eu
cd "$(dirname "$0")"
rm -f *.db *.db-wal
# rows: the words as SQL, with columns around them
rows() { awk '{ printf "INSERT INTO filter VALUES (%d, \x27%s\x27, \x27level %d\x27);\n", NR * 3, $0, NR % 3 }' ../words.txt; }
create='CREATE TABLE filter (id INTEGER PRIMARY KEY, "word" TEXT NOT NULL, level VARCHAR(10, 2));'
# other: a table that is longer than a page, with a value that is longer than two
other="CREATE TABLE log (t TEXT, n INT); WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 60)
	INSERT INTO log SELECT 'nothing to see here ' || i, i FROM c; INSERT INTO log VALUES (printf('%2000s', 'x'), 0);"
small='PRAGMA page_size=512; PRAGMA secure_delete=0; PRAGMA auto_vacuum=0;'
{ echo "$small $other $create CREATE INDEX w ON filter (word);"; rows; } | sqlite3 table.db
{ echo "PRAGMA encoding='UTF-16le'; $small $create"; rows; } | sqlite3 utf16le.db
{ echo "PRAGMA encoding='UTF-16be'; $small $create"; rows; } | sqlite3 utf16be.db
{
	echo "$small CREATE TABLE filter (word TEXT, level TEXT, id INT, PRIMARY KEY (id)) WITHOUT ROWID;"
	rows | sed 's/VALUES (\([0-9]*\), \(.*\), \(.*\));/VALUES (\2, \3, \1);/'
} | sqlite3 norowid.db
{
	echo "$small CREATE TABLE config (key TEXT, value);"
	printf "INSERT INTO config VALUES ('sensitive', '[%s]');\n" "$(sed 's/.*/"&"/' ../words.txt | paste -sd,)"
	printf "INSERT INTO config VALUES ('blob', CAST('%s' AS BLOB));\n" "$(cat ../words.txt)"
} | sqlite3 values.db
{ echo "$small $create"; rows; echo "DELETE FROM filter;"; } | sqlite3 deleted.db
{ echo "$small $create"; rows; echo "INSERT INTO filter VALUES (1000, 'kept', 'x'); DELETE FROM filter WHERE id < 1000;"; } | sed 's/page_size=512/page_size=2048/' | sqlite3 partly.db
{ echo "$small $other $create"; rows; echo "DROP TABLE filter;"; } | sqlite3 dropped.db
{ echo "$small PRAGMA journal_mode=wal; PRAGMA wal_autocheckpoint=0; $create"; rows; echo ".shell cp wal.db-wal kept"; } | sqlite3 wal.db > /dev/null
rm -f wal.db wal.db-*
mv kept wal.db-wal
