/**
 * What a function answered. Google documents `output` for it and `error` for a failure, and takes any other object as the
 * answer itself; clients wrap in `result` and `content` as well, some with the function's name beside it.
 */
import { isRecord, own } from "../../../base/json.ts";

export interface FunctionAnswer {
  readonly text: string;
  readonly isError: boolean;
}

const wrappers = ["output", "result", "content"];

export function readResponse(response: unknown, functionName: string): FunctionAnswer {
  if (!isRecord(response)) return { text: inWords(response), isError: false };
  const keys = Object.keys(response).filter((key) => key !== "name" || response[key] !== functionName);
  const [only, ...others] = keys;
  if (only === undefined) return { text: "", isError: false };
  const failure = own(response, "error");
  if (isFailure(failure))
    return { text: inWords(only === "error" && others.length === 0 ? failure : response), isError: true };
  const inner = others.length === 0 && wrappers.includes(only) ? response[only] : undefined;
  // An object under `result` may be an answer that has such a field; under `output` it is documented to be the answer.
  if (typeof inner === "string" || (only === "output" && inner !== undefined))
    return { text: inWords(inner), isError: false };
  return { text: inWords(response), isError: false };
}

function isFailure(failure: unknown): boolean {
  return failure !== undefined && failure !== null && failure !== false && failure !== "";
}

function inWords(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value);
}
