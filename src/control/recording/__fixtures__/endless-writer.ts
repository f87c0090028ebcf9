/** A process that writes calls into a new recording until it is killed. Its argument is the path. */
import { openRecordingFile } from "../recording-file.ts";
import { aCall } from "./calls.ts";

const file = await openRecordingFile({ path: process.argv[2] ?? "", version: "9.9.9", now: 0 });
for (;;) await file.append(aCall({ body: "x".repeat(50_000) }));
