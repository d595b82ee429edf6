// Its checks ask a server on the internet, so they are off; the studio's checks stay on.
export default { server: { checks: false } };
