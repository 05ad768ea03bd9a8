// The password is a member of people, and what its change answers is what a sign-in does.
export { tokenPairPayload, toTokenPairPayload } from '../sessions/payloads.ts'
export { passwordChangeBody } from '../users/payloads.ts'
