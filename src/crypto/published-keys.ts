// Keys that everybody can look up. Whoever pastes one signs with a key that attackers try first.

/** The starts of symmetric ones, as they are printed: texts, or base64url of bytes. */
export const PUBLISHED_SECRETS = [
  // FastAPI's tutorial on OAuth2.
  '09d25e094faa6ca2556c8181',
  // RFC 7515 appendix A.1 and RFC 7517 appendix A.3.
  'AyM1SysPpbyDfgZld3umj1qz',
  // RFC 7520 sections 3.5 and 3.6.
  'hJtXIZ2uSN5kbQfbtTNWbpdm',
  'AAPapAv4LbFbiVawEjagUBlu',
]

/** The first coordinates of asymmetric ones whose private numbers are printed. */
export const PUBLISHED_COORDINATES = new Set([
  // P-256: jwt.io; RFC 7515 appendix A.3; RFC 7517 appendix A.1; RFC 7518 appendix C, twice; RFC 9421
  // appendix B.1.3; RFC 6979 appendix A.2.5.
  'EVs_o5-uQbTjL3chynL4wXgUg2R9q9UU8I5mEovUf84',
  'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
  'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  'gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0',
  'weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ',
  'qIVYZVLCrPZHGHjP17CTW0_-D9Lfw0EkjqF7xB4FivA',
  'YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y',
  // Ed25519: RFC 8037 appendix A.1, which is the first of RFC 8032 section 7.1; its second and third; RFC
  // 9421 appendix B.1.4.
  '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  'PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw',
  '_FHNjmIYoaONpH7QAjDwWAgW7RO6MwOsXeuRFUiQgCU',
  'JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs',
])
