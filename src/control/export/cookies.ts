/** Cookies of a head as HAR lists them. Their values were masked before the head was stored. */
import type { Cookie } from "har-format";
import type { HeaderPairs } from "../../base/http.ts";

export function requestCookies(headers: HeaderPairs): Cookie[] {
  return valuesOf(headers, "cookie").flatMap((value) => value.split(";").flatMap((part) => pairOf(part) ?? []));
}

export function replyCookies(headers: HeaderPairs): Cookie[] {
  return valuesOf(headers, "set-cookie").flatMap((value) => {
    const [first = "", ...attributes] = value.split(";");
    const cookie = pairOf(first);
    if (cookie === null) return [];
    for (const attribute of attributes) {
      const [name = "", ...rest] = attribute.split("=");
      setAttribute(cookie, name.trim().toLowerCase(), rest.join("=").trim());
    }
    return [cookie];
  });
}

function setAttribute(cookie: Cookie, name: string, value: string): void {
  if (name === "path") cookie.path = value;
  else if (name === "domain") cookie.domain = value;
  else if (name === "httponly") cookie.httpOnly = true;
  else if (name === "secure") cookie.secure = true;
  else if (name === "expires" && !Number.isNaN(Date.parse(value))) cookie.expires = new Date(value).toISOString();
}

function pairOf(part: string): Cookie | null {
  const equals = part.indexOf("=");
  return equals < 1 ? null : { name: part.slice(0, equals).trim(), value: part.slice(equals + 1).trim() };
}

function valuesOf(headers: HeaderPairs, wanted: string): readonly string[] {
  return headers.filter(([name]) => name.toLowerCase() === wanted).map(([, value]) => value);
}
