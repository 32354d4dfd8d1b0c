"""The words that all steps share: event contracts, money and distances, fares."""
