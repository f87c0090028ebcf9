/** Reads server-sent events (WHATWG HTML §9.2.6) as our own server writes them: named, one `data:` line or more. */
import { StringDecoder } from "node:string_decoder";

export interface EventReader {
  push(bytes: Buffer): void;
}

/** One event larger than this is not from us. */
const maxEventLength = 16 * 1024 * 1024;

export function createEventReader(onEvent: (name: string, data: string) => void): EventReader {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let name = "message";
  let data: string[] = [];

  function line(text: string): void {
    if (text === "") {
      if (data.length > 0) onEvent(name, data.join("\n"));
      name = "message";
      data = [];
    } else if (text.startsWith("event:")) name = text.slice(6).trim();
    else if (text.startsWith("data:")) data.push(text.slice(text[5] === " " ? 6 : 5));
  }

  return {
    push(bytes) {
      const lines = (rest + decoder.write(bytes)).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > maxEventLength) throw new Error("an event on the control socket is too long");
      for (const text of lines) line(text.endsWith("\r") ? text.slice(0, -1) : text);
    },
  };
}
