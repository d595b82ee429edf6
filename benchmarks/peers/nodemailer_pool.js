// Sends the benchmark's letter with nodemailer's pool: node nodemailer_pool.js PORT MESSAGES CONNECTIONS LIST LETTER

"use strict";

const fs = require("node:fs");
const nodemailer = require("nodemailer");

const [port, messages, connections] = process.argv.slice(2, 5).map(Number);
const people = fs.readFileSync(process.argv[5], "utf8").split("\n").slice(1, messages + 1);
const letter = JSON.parse(fs.readFileSync(process.argv[6], "utf8"));
const pool = nodemailer.createTransport({
  pool: true, host: "127.0.0.1", port, secure: false, ignoreTLS: true, maxConnections: connections, maxMessages: Infinity,
});

async function sendSome() {
  for (let row = people.pop(); row; row = people.pop()) {
    const [email, name] = row.split(",");
    const personal = (text) => text.replaceAll("@@NAME@@", name).replaceAll("@@EMAIL@@", email);
    await pool.sendMail({
      from: letter.sender, to: email, subject: personal(letter.subject), text: personal(letter.text), html: personal(letter.html),
    });
  }
}

// Two senders for each connection, so that a message always waits ready and none waits long.
Promise.all(Array.from({ length: 2 * connections }, sendSome)).then(() => pool.close());
