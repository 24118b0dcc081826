import { describe, expect, it } from '@jest/globals'
import { attributes, html, toMarkup } from './html.ts'

describe('markup', () => {
  it('escapes a value once, in text and in attributes', () => {
    const name = `<b>"Tom" & 'Jerry'</b>`
    const escaped = '&lt;b&gt;&#34;Tom&#34; &amp; &#39;Jerry&#39;&lt;/b&gt;'
    expect(toMarkup(name)).toBe(escaped)
    expect(toMarkup(html`<i title="${name}">${name}</i>`)).toBe(`<i title="${escaped}">${escaped}</i>`)
    expect(toMarkup(html`<p>${html`<b>${name}</b>`}</p>`)).toBe(`<p><b>${escaped}</b></p>`)
  })

  it('is never made by a value that came in as JSON', () => {
    const forged = JSON.parse('{"markup": "<b>", "Symbol(markup)": "<b>"}')
    expect(toMarkup(forged)).not.toContain('<b>')
  })

  it('says nothing for what is absent', () => {
    expect(toMarkup(null)).toBe('')
    expect(toMarkup(html`${undefined}`)).toBe('')
  })
})

describe('attributes', () => {
  it('writes those that have a value', () => {
    const given = { required: true, hidden: false, dir: 'ltr', minlength: 8, value: '', lang: null }
    expect(toMarkup(attributes(given))).toBe(' required dir="ltr" minlength="8" value=""')
  })

  it('joins a list, leaves out an empty one, escapes what it is given', () => {
    const given = { 'aria-describedby': ['a', 'b'], 'aria-owns': [], value: '"><script>' }
    expect(toMarkup(attributes(given))).toBe(' aria-describedby="a b" value="&#34;&gt;&lt;script&gt;"')
  })
})
