// What invoice.jq does, for node: records on standard input, messages out.
import readline from 'node:readline'

const escape = (text) => text.replaceAll('&', '&amp;')
	.replaceAll('<', '&lt;').replaceAll('>', '&gt;')

const money = (amount, currency) => {
	const cents = Math.round(amount * 100)
	const whole = String(Math.floor(cents / 100))
	let grouped = ''
	for (let at = whole.length; at > 0; at -= 3)
		grouped = whole.slice(Math.max(at - 3, 0), at) +
			(grouped && ',' + grouped)
	return `${grouped}.${String(cents % 100).padStart(2, '0')} ${currency}`
}

const field = (name, value) =>
	({ type: 'mrkdwn', text: `*${name}*\n${value}` })

const button = (name, action, id) => ({ type: 'button',
	text: { type: 'plain_text', text: name }, action_id: action,
	value: String(id),
	url: `https://erp.example.com/fscmUI/invoice?id=${id}` })

const message = (invoice) => {
	const currency = invoice.InvoiceCurrency
	const total = money(invoice.InvoiceAmount, currency)
	const supplier = escape(invoice.Supplier)
	return { channel: '#finance',
		text: `Invoice ${invoice.InvoiceNumber} of ${supplier}: ${total}`,
		blocks: [
			{ type: 'header', text: { type: 'plain_text',
				text: `Invoice ${invoice.InvoiceNumber}: ${total}` } },
			{ type: 'section', fields: [
				field('Supplier', supplier),
				field('Amount', total),
				field('Invoice date', invoice.InvoiceDate),
				field('Purchase order', escape(invoice.PurchaseOrderNumber)),
				field('Requester', escape(invoice.Requester)),
				field('Payment terms', escape(invoice.PaymentTerms))] },
			{ type: 'section', text: { type: 'mrkdwn',
				text: invoice.invoiceLines.items.map((line) =>
					`• ${escape(line.Description)}, ${line.Quantity} x ` +
					money(line.LineAmount, currency)).join('\n') } },
			{ type: 'context', elements: [{ type: 'mrkdwn',
				text: `${escape(invoice.Description)} · ` +
					`${invoice.BusinessUnit} · ` +
					`${invoice.ValidationStatus} · ID ${invoice.InvoiceId}` }] },
			{ type: 'actions', elements: [
				button('Approve', 'approve', invoice.InvoiceId),
				button('Open in Oracle', 'open', invoice.InvoiceId)] }] }
}

let lines = ''
for await (const line of readline.createInterface({ input: process.stdin })) {
	lines += JSON.stringify(message(JSON.parse(line))) + '\n'
	if (lines.length > 65536) {
		process.stdout.write(lines)
		lines = ''
	}
}
process.stdout.write(lines)
