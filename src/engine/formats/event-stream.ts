/** The head of an answer that is a server-sent event stream, the same in every dialect that has one. */
import type { HeaderPairs } from "../../base/http.ts";

export const eventStreamHeaders: HeaderPairs = [
  ["content-type", "text/event-stream; charset=utf-8"],
  ["cache-control", "no-cache"],
  ["x-accel-buffering", "no"],
];
