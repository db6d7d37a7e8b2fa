-- A database as version 4 left it: that of version 3 with an exchange that waits to be scored elsewhere.
CREATE TABLE exchanges ( seq INTEGER PRIMARY KEY AUTOINCREMENT, exchange_id TEXT NOT NULL UNIQUE, conversation_id TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT NOT NULL, route TEXT NOT NULL, dialect TEXT NOT NULL, model TEXT, status INTEGER NOT NULL, is_streamed INTEGER NOT NULL, verdict TEXT NOT NULL, featureset_digest TEXT NOT NULL, trace_id TEXT, level_rank INTEGER , subject TEXT, kept_rank INTEGER) STRICT;
CREATE TABLE coverage ( exchange_seq INTEGER PRIMARY KEY REFERENCES exchanges ON DELETE CASCADE, scanned INTEGER NOT NULL, skipped INTEGER NOT NULL, failed INTEGER NOT NULL, entries TEXT NOT NULL ) STRICT;
CREATE TABLE segments ( exchange_seq INTEGER NOT NULL REFERENCES exchanges ON DELETE CASCADE, position INTEGER NOT NULL, segment_id TEXT NOT NULL, role TEXT NOT NULL, target TEXT NOT NULL, text TEXT NOT NULL, tokens TEXT NOT NULL, signals TEXT NOT NULL, PRIMARY KEY (exchange_seq, position) ) STRICT, WITHOUT ROWID;
CREATE TABLE findings ( seq INTEGER PRIMARY KEY, alert_id TEXT NOT NULL UNIQUE, exchange_seq INTEGER NOT NULL REFERENCES exchanges ON DELETE CASCADE, rule_id TEXT NOT NULL, rule_name TEXT NOT NULL, rule_title TEXT NOT NULL, level_rank INTEGER NOT NULL, is_alerting INTEGER NOT NULL, excerpt TEXT NOT NULL, finding TEXT NOT NULL ) STRICT;
CREATE TABLE reviews ( seq INTEGER PRIMARY KEY AUTOINCREMENT, exchange_seq INTEGER NOT NULL REFERENCES exchanges ON DELETE CASCADE, verdict TEXT NOT NULL, comment TEXT NOT NULL, reviewer TEXT NOT NULL, reviewed_at TEXT NOT NULL ) STRICT;
CREATE TABLE outbox ( seq INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL, alert_id TEXT NOT NULL REFERENCES findings (alert_id), conversation_id TEXT NOT NULL, queued_at TEXT NOT NULL, UNIQUE (alert_id, sink) ) STRICT;
CREATE TABLE "dead_letters" ( seq INTEGER PRIMARY KEY AUTOINCREMENT, sink TEXT NOT NULL, alert_id TEXT REFERENCES findings (alert_id), exchange_id TEXT NOT NULL, conversation_id TEXT NOT NULL, queued_at TEXT NOT NULL, died_at TEXT NOT NULL, reason TEXT NOT NULL, subject TEXT, record TEXT ) STRICT;
CREATE TABLE unscored ( seq INTEGER PRIMARY KEY AUTOINCREMENT, exchange_id TEXT NOT NULL UNIQUE, conversation_id TEXT NOT NULL, subject TEXT, queued_at TEXT NOT NULL, body TEXT NOT NULL ) STRICT;
CREATE INDEX exchanges_flagged ON exchanges (seq) WHERE level_rank IS NOT NULL;
CREATE INDEX exchanges_ordinary ON exchanges (seq) WHERE kept_rank IS NULL AND level_rank IS NULL;
CREATE INDEX findings_of_exchange ON findings (exchange_seq);
CREATE INDEX findings_of_rule ON findings (rule_id, exchange_seq);
CREATE INDEX reviews_of_exchange ON reviews (exchange_seq, seq);
CREATE INDEX outbox_of_sink ON outbox (sink, seq);
CREATE INDEX outbox_of_conversation ON outbox (sink, conversation_id, seq);
CREATE INDEX exchanges_of_conversation ON exchanges (conversation_id);
CREATE INDEX exchanges_of_subject ON exchanges (subject) WHERE subject IS NOT NULL;
CREATE INDEX exchanges_by_age ON exchanges (coalesce(kept_rank, level_rank), ended_at);
CREATE INDEX dead_letters_of_sink ON dead_letters (sink, seq);
CREATE INDEX dead_letters_of_alert ON dead_letters (alert_id);
INSERT INTO exchanges (seq, exchange_id, conversation_id, started_at, ended_at, route, dialect, model, status, is_streamed, verdict, featureset_digest, trace_id, level_rank, subject, kept_rank)
  VALUES (1, 'flagged', 'conversation-1', '2026-11-26T12:00:00.000Z', '2026-11-26T12:00:01.500Z', '/v1/chat/completions', 'openai-chat', 'demo', 200, 1, 'flag', 'f1', '0af7651916cd43dd8448eb211c80319c', 3, 's-1', 3);
INSERT INTO exchanges (seq, exchange_id, conversation_id, started_at, ended_at, route, dialect, model, status, is_streamed, verdict, featureset_digest, trace_id, level_rank, subject, kept_rank)
  VALUES (2, 'ordinary', 'conversation-1', '2026-11-26T12:00:00.000Z', '2026-11-26T12:00:01.500Z', '/v1/chat/completions', 'openai-chat', 'demo', 200, 1, 'pass', 'f1', '0af7651916cd43dd8448eb211c80319c', NULL, NULL, NULL);
INSERT INTO exchanges (seq, exchange_id, conversation_id, started_at, ended_at, route, dialect, model, status, is_streamed, verdict, featureset_digest, trace_id, level_rank, subject, kept_rank)
  VALUES (3, 'shadowed', 'conversation-1', '2026-11-26T12:00:00.000Z', '2026-11-26T12:00:01.500Z', '/v1/chat/completions', 'openai-chat', 'demo', 200, 1, 'pass', 'f1', '0af7651916cd43dd8448eb211c80319c', NULL, NULL, NULL);
INSERT INTO coverage (exchange_seq, scanned, skipped, failed, entries)
  VALUES (1, 1, 0, 0, '[{"segmentId":"response/choices/0/message/content","pointer":"/choices/0/message/content","role":"assistant","choice":0,"status":"scanned","reason":null,"tokens":13,"bytes":61}]');
INSERT INTO coverage (exchange_seq, scanned, skipped, failed, entries)
  VALUES (2, 1, 0, 0, '[{"segmentId":"response/choices/0/message/content","pointer":"/choices/0/message/content","role":"assistant","choice":0,"status":"scanned","reason":null,"tokens":13,"bytes":61}]');
INSERT INTO coverage (exchange_seq, scanned, skipped, failed, entries)
  VALUES (3, 1, 0, 0, '[{"segmentId":"response/choices/0/message/content","pointer":"/choices/0/message/content","role":"assistant","choice":0,"status":"scanned","reason":null,"tokens":13,"bytes":61}]');
INSERT INTO segments (exchange_seq, position, segment_id, role, target, text, tokens, signals)
  VALUES (1, 0, 'response/choices/0/message/content', 'assistant', 'output', 'I moved the money and I will tell them that nothing happened.', '[[0,1],[2,7]]', '{"concept/deception":[0.25,5.5]}');
INSERT INTO findings (seq, alert_id, exchange_seq, rule_id, rule_name, rule_title, level_rank, is_alerting, excerpt, finding)
  VALUES (1, '4f44e7eb1930213bd452ac84b6e88be111abd5164914282dbe87956034fad152', 1, '5a3a1c1e-8a59-4d4c-a6f1-0f6a1c5b9a10', 'deception', 'Deception as expressed in the text', 3, 1, 'I moved the money and I will tell them that nothing happened.', '{"ruleId":"5a3a1c1e-8a59-4d4c-a6f1-0f6a1c5b9a10","ruleName":"deception","ruleTitle":"Deception as expressed in the text","ruleVersion":1,"ruleSetDigest":"d1","level":"high","mode":"flag","action":"flag","tags":["behaviour.deception","atlas.AML.T0054"],"segment":{"id":"response/choices/0/message/content","target":"output","role":"assistant","pointer":"/choices/0/message/content","choice":0},"firstToken":7,"lastToken":8,"span":{"start":29,"end":38},"conditions":[{"name":"strong","signal":"concept/deception","aggregate":{"kind":"max","window":1},"value":5.5,"threshold":4,"margin":1.5,"rate":0.0005,"rateInterval":[0.0002,0.001]}],"features":[{"index":17,"label":"hiding something from someone","value":3.25,"share":0.75}]}');
INSERT INTO findings (seq, alert_id, exchange_seq, rule_id, rule_name, rule_title, level_rank, is_alerting, excerpt, finding)
  VALUES (2, 'eecbf04578010d93aeecfb60988fbb4c1ade6eaa04422e6c9d2220e74af6ade7', 3, '5a3a1c1e-8a59-4d4c-a6f1-0f6a1c5b9a10', 'deception', 'Deception as expressed in the text', 3, 0, '', '{"ruleId":"5a3a1c1e-8a59-4d4c-a6f1-0f6a1c5b9a10","ruleName":"deception","ruleTitle":"Deception as expressed in the text","ruleVersion":1,"ruleSetDigest":"d1","level":"high","mode":"shadow","action":"flag","tags":["behaviour.deception","atlas.AML.T0054"],"segment":{"id":"response/choices/0/message/content","target":"output","role":"assistant","pointer":"/choices/0/message/content","choice":0},"firstToken":7,"lastToken":8,"span":{"start":29,"end":38},"conditions":[{"name":"strong","signal":"concept/deception","aggregate":{"kind":"max","window":1},"value":5.5,"threshold":4,"margin":1.5,"rate":0.0005,"rateInterval":[0.0002,0.001]}],"features":[{"index":17,"label":"hiding something from someone","value":3.25,"share":0.75}]}');
INSERT INTO reviews (seq, exchange_seq, verdict, comment, reviewer, reviewed_at)
  VALUES (1, 1, 'correct', 'it''s so', 'someone', '2026-11-26T13:30:51.957Z');
INSERT INTO outbox (seq, sink, alert_id, conversation_id, queued_at)
  VALUES (1, 'file', '4f44e7eb1930213bd452ac84b6e88be111abd5164914282dbe87956034fad152', 'conversation-1', '2026-11-26T13:30:51.902Z');
INSERT INTO dead_letters (seq, sink, alert_id, exchange_id, conversation_id, queued_at, died_at, reason, subject, record)
  VALUES (1, 'kafka', '4f44e7eb1930213bd452ac84b6e88be111abd5164914282dbe87956034fad152', 'flagged', 'conversation-1', '2026-11-26T13:30:51.902Z', '2026-11-26T13:30:51.972Z', 'too large', NULL, NULL);
INSERT INTO dead_letters (seq, sink, alert_id, exchange_id, conversation_id, queued_at, died_at, reason, subject, record)
  VALUES (2, 'store', NULL, 'unwritten', 'conversation-2', '2026-11-26T14:00:00.000Z', '2026-11-26T14:00:00.000Z', 'not serialisable', NULL, NULL);
CREATE TABLE silences (id TEXT PRIMARY KEY, matchers TEXT NOT NULL, author TEXT NOT NULL, comment TEXT NOT NULL, starts_at TEXT NOT NULL, ends_at TEXT NOT NULL) STRICT;
CREATE TABLE held_back (silence_id TEXT PRIMARY KEY, alerts INTEGER NOT NULL) STRICT;
INSERT INTO silences VALUES ('night', '{"rules":["deception"]}', 'kim', 'at night', '2026-11-26T20:00:00Z', '2026-11-27T06:00:00Z');
INSERT INTO held_back VALUES ('night', 7);
INSERT INTO unscored (seq, exchange_id, conversation_id, subject, queued_at, body)
  VALUES (1, 'unscored', 'conversation-3', NULL, '2026-11-26T14:30:00.000Z', '{"said":"something"}');
PRAGMA user_version = 6;
