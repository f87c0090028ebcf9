/** The examples of RFC 7541, appendix C, as facts. */
import { describe, expect, it } from "vitest";
import { createHpackDecoder } from "./hpack-decoder.ts";
import { createHpackEncoder } from "./hpack-encoder.ts";

type Example = readonly [hex: string, raw: readonly string[]];

const wide = { bytes: 64 * 1024, fields: 100 };

const securely = [":method", "GET", ":scheme", "https"];
const firstRequest = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];
const secondRequest = [...firstRequest, "cache-control", "no-cache"];
const custom = ["custom-key", "custom-value"];
const thirdRequest = [...securely, ":path", "/index.html", ":authority", "www.example.com", ...custom];
const at = (seconds: number): readonly string[] => ["date", `Mon, 21 Oct 2013 20:13:${seconds} GMT`];
const place = ["location", "https://www.example.com"];
const firstReply = [":status", "302", "cache-control", "private", ...at(21), ...place];
const secondReply = [":status", "307", "cache-control", "private", ...at(21), ...place];
const cookie = ["set-cookie", "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1"];
const zipped = ["content-encoding", "gzip"];
const thirdReply = [":status", "200", "cache-control", "private", ...at(22), ...place, ...zipped, ...cookie];

const alone: readonly (readonly [
  what: string,
  hex: string,
  raw: readonly string[],
  never: readonly number[] | null,
])[] = [
  [
    "C.2.1, a new field for the table",
    "400a637573746f6d2d6b65790d637573746f6d2d686561646572",
    ["custom-key", "custom-header"],
    null,
  ],
  ["C.2.2, a field that stays out of it", "040c2f73616d706c652f70617468", [":path", "/sample/path"], null],
  ["C.2.3, one that nobody may put there", "100870617373776f726406736563726574", ["password", "secret"], [0]],
  ["C.2.4, one from the fixed table", "82", [":method", "GET"], null],
];

const requests: readonly Example[] = [
  ["828684410f7777772e6578616d706c652e636f6d", firstRequest],
  ["828684be58086e6f2d6361636865", secondRequest],
  ["828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565", thirdRequest],
];
const requestsHuffman: readonly Example[] = [
  ["828684418cf1e3c2e5f23a6ba0ab90f4ff", firstRequest],
  ["828684be5886a8eb10649cbf", secondRequest],
  ["828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf", thirdRequest],
];
const replies: readonly Example[] = [
  [
    "4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31333a323120474d546e1768747470733a2f2f" +
      "7777772e6578616d706c652e636f6d",
    firstReply,
  ],
  ["4803333037c1c0bf", secondReply],
  [
    "88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a69707738666f6f3d4153444a4b48514b42" +
      "5a584f5157454f50495541585157454f49553b206d61782d6167653d333630303b2076657273696f6e3d31",
    thirdReply,
  ],
];
const repliesHuffman: readonly Example[] = [
  [
    "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
    firstReply,
  ],
  ["4883640effc1c0bf", secondReply],
  [
    "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f36" +
      "72c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
    thirdReply,
  ],
];

function readAll(examples: readonly Example[], before = ""): unknown[] {
  const decoder = createHpackDecoder();
  return examples.map(([hex], turn) => {
    const block = Buffer.from(turn === 0 ? before + hex : hex, "hex");
    return decoder.decode(block, wide.bytes, wide.fields).raw;
  });
}

describe("the examples of the RFC", () => {
  it.each(alone)("%s", (_, hex, raw, never) => {
    const read = createHpackDecoder().decode(Buffer.from(hex, "hex"), wide.bytes, wide.fields);
    expect(read).toEqual({ raw, never, tooLarge: false });
  });

  // C.5 and C.6 have a table of 256 bytes, out of which the older fields fall: here the first block says so.
  it.each([
    ["C.3, requests", requests, ""],
    ["C.4, requests in Huffman code", requestsHuffman, ""],
    ["C.5, replies that do not all fit in the table", replies, "3fe101"],
    ["C.6, the same in Huffman code", repliesHuffman, "3fe101"],
  ])("%s", (_, examples, before) => {
    expect(readAll(examples, before)).toEqual(examples.map(([, raw]) => raw));
  });

  it("the table of C.5 holds what the RFC says, after the last one", () => {
    const decoder = createHpackDecoder();
    replies.forEach(([hex], turn) => {
      decoder.decode(Buffer.from(turn === 0 ? `3fe101${hex}` : hex, "hex"), wide.bytes, wide.fields);
    });
    const read = decoder.decode(Buffer.from("bebfc0", "hex"), wide.bytes, wide.fields);
    expect(read.raw).toEqual([...cookie, ...zipped, ...at(22)]);
    expect(() => decoder.decode(Buffer.from("c1", "hex"), wide.bytes, wide.fields)).toThrow("no field 65");
  });

  it("our own requests are as short as those of C.4", () => {
    const encoder = createHpackEncoder();
    for (const [hex, raw] of requestsHuffman) {
      expect(Buffer.from(encoder.encode(raw, null)).toString("hex")).toBe(hex);
    }
  });
});
