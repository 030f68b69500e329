'use strict'
// Passkeys: a button marked data-passkey asks the browser for one, puts the answer into its form, and sends that.
// What is asked for stands in the page (#passkey-options), or is fetched from the form's own address.

async function readOptions (form) {
  const written = document.getElementById('passkey-options')
  if (written) return JSON.parse(written.textContent)
  const answer = await fetch(form.action, { headers: { Accept: 'application/json' } })
  if (!answer.ok) throw new Error('no options')
  return await answer.json()
}

async function make (options) {
  const asked = options.creation_options
  Object.assign(asked.publicKey.authenticatorSelection, { residentKey: 'required', requireResidentKey: true, userVerification: 'required' })
  return await window.webauthnJSON.create(asked)
}

async function use (options) {
  return await window.webauthnJSON.get(options.request_options)
}

async function press (button) {
  const form = button.form
  const trouble = document.getElementById('passkey-trouble')
  if (trouble) trouble.hidden = true
  try {
    const options = await readOptions(form)
    const credential = await (button.dataset.passkey === 'make' ? make : use)(options)
    form.elements.credential.value = JSON.stringify(credential)
    form.submit()
  } catch {
    if (trouble) trouble.hidden = false
  }
}

for (const button of document.querySelectorAll('button[data-passkey]')) {
  button.hidden = !window.webauthnJSON.supported()
  button.addEventListener('click', (event) => { event.preventDefault(); press(button) })
}
