"""The Context Encoder: an encoder, a narrow link and a decoder, trained to predict what a hole hides."""
