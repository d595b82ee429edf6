// Reads MJML on stdin and prints what MJML's own strict validation finds, one JSON list of texts; empty when it is right.
import { readFileSync } from "node:fs";
import mjml2html from "mjml";

try {
  await mjml2html(readFileSync(0, "utf8"), { validationLevel: "strict", ignoreIncludes: true, minify: false });
  console.log("[]");
} catch (error) {
  const found = error.errors?.map((one) => one.formattedMessage) ?? [String(error)];
  console.log(JSON.stringify(found));
}
